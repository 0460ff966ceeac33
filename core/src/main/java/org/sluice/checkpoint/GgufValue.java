package org.sluice.checkpoint;

/** A metadata value of a GGUF file. */
public sealed interface GgufValue {
    /** How it is stored. */
    GgufType type();

    /**
     * A whole number.
     *
     * @param value the number; of {@link GgufType#UINT64} the 64 bits, negative above 2⁶³
     */
    record Int(GgufType type, long value) implements GgufValue {
        /** @throws IllegalArgumentException for a type that holds no whole numbers, or not this one */
        public Int {
            boolean fits = type.isInteger()
                    && switch (type) {
                        case UINT8 -> value == (value & 0xFF);
                        case INT8 -> value == (byte) value;
                        case UINT16 -> value == (value & 0xFFFF);
                        case INT16 -> value == (short) value;
                        case UINT32 -> value == (value & 0xFFFF_FFFFL);
                        case INT32 -> value == (int) value;
                        default -> true;
                    };
            if (!fits) {
                throw new IllegalArgumentException(value + " is no " + type);
            }
        }

        @Override
        public String toString() {
            return type == GgufType.UINT64 ? Long.toUnsignedString(value) : Long.toString(value);
        }
    }

    /** A floating-point number. */
    record Real(GgufType type, double value) implements GgufValue {
        /** @throws IllegalArgumentException for a type that is not floating-point */
        public Real {
            if (!type.isReal()) {
                throw new IllegalArgumentException(type + " is not floating-point");
            }
        }

        @Override
        public String toString() {
            return type == GgufType.FLOAT32 ? Float.toString((float) value) : Double.toString(value);
        }
    }

    /** True or false. */
    record Bool(boolean value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.BOOL;
        }

        @Override
        public String toString() {
            return Boolean.toString(value);
        }
    }

    /** A string. */
    record Text(String value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.STRING;
        }

        @Override
        public String toString() {
            return '"' + value + '"';
        }
    }

    /** Any number of values of one type. */
    record Array(GgufArray elements) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.ARRAY;
        }

        @Override
        public String toString() {
            return elements.toString();
        }
    }

    /** A {@link GgufType#UINT32}, the usual type of counts. */
    static GgufValue of(int value) {
        if (value < 0) {
            throw new IllegalArgumentException(value + " is no UINT32");
        }
        return new Int(GgufType.UINT32, value);
    }

    /** A {@link GgufType#FLOAT32}. */
    static GgufValue of(float value) {
        return new Real(GgufType.FLOAT32, value);
    }

    /** A {@link GgufType#BOOL}. */
    static GgufValue of(boolean value) {
        return new Bool(value);
    }

    /** A {@link GgufType#STRING}. */
    static GgufValue of(String value) {
        return new Text(value);
    }

    /** A {@link GgufType#ARRAY}. */
    static GgufValue of(GgufArray elements) {
        return new Array(elements);
    }
}
