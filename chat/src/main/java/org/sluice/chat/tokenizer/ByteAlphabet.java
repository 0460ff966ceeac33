package org.sluice.chat.tokenizer;

/**
 * The printable alphabet in which byte-level BPE vocabularies write bytes (GPT-2): bytes 33–126, 161–172 and 174–255 stand
 * for themselves, the other 68 are, in ascending order, U+0100 and up.
 */
final class ByteAlphabet {
    private static final int FIRST_SHIFTED = 0x100;
    private static final short[] BYTE_OF = new short[FIRST_SHIFTED + 68];

    static {
        int shifted = FIRST_SHIFTED;
        for (int c = 0; c < FIRST_SHIFTED; c++) {
            BYTE_OF[c] = -1;
        }
        for (short b = 0; b < 256; b++) {
            boolean printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
            BYTE_OF[printable ? b : shifted++] = b;
        }
    }

    private ByteAlphabet() {}

    /** The byte a character stands for, 0..255, or −1 for a character outside the alphabet. */
    static int toByte(char c) {
        return c < BYTE_OF.length ? BYTE_OF[c] : -1;
    }
}
