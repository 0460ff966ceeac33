package org.sluice.tests.ops;

import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** Products of rows with one matrix in double, each with a bound on what a device may get instead. */
final class Products {
    /** Numbers, and how far each may be off. */
    record Bounded(double[] values, double[] errors) {
        /** Exact numbers. */
        static Bounded exactly(double[] values) {
            return new Bounded(values, new double[values.length]);
        }

        /** A row of float32 numbers. */
        static Bounded exactly(float[] from, int at, int n) {
            double[] v = new double[n];
            for (int i = 0; i < n; i++) {
                v[i] = from[at + i];
            }
            return exactly(v);
        }
    }

    private final DType dtype;
    private final float[][] w;
    /** Per element what its block's largest is: a kernel may sum scale and minimum of a block apart. */
    private final float[][] largest;

    private Products(DType dtype, float[][] w) {
        this.dtype = dtype;
        this.w = w;
        largest = new float[w.length][];
        for (int o = 0; o < w.length; o++) {
            largest[o] = largest(w[o], dtype.blockElements());
        }
    }

    /** Rows {@code first} to {@code first + count − 1} of one matrix. */
    static Products of(Weight weight, int slice, long first, int count) {
        float[][] w = new float[count][];
        for (int o = 0; o < count; o++) {
            w[o] = Weights.toFloats(weight, slice, first + o);
        }
        return new Products(weight.dtype(), w);
    }

    /** All rows of a matrix. */
    static Products of(Weight weight) {
        return of(weight, 0, 0, (int) weight.rows());
    }

    private static float[] largest(float[] row, int block) {
        float[] max = new float[row.length];
        for (int b = 0; b < row.length; b += block) {
            float m = 0;
            for (int i = b; i < b + block; i++) {
                m = Math.max(m, Math.abs(row[i]));
            }
            for (int i = b; i < b + block; i++) {
                max[i] = m;
            }
        }
        return max;
    }

    /** {@code W·x}. */
    Bounded times(Bounded x, Arithmetic arithmetic) {
        double[] step = arithmetic.activationSteps(x.values, dtype);
        double[] y = new double[w.length];
        double[] e = new double[w.length];
        for (int o = 0; o < w.length; o++) {
            Sum s = new Sum();
            for (int i = 0; i < w[o].length; i++) {
                s.add(w[o][i], largest[o][i], x.values[i], x.errors[i], step[i]);
            }
            y[o] = s.value;
            e[o] = s.error() + arithmetic.roundedWeights(w[o], x.values, dtype);
        }
        return new Bounded(y, e);
    }

    /** {@code Wᵀ·x}; columns of different blocks meet in a sum, so activations stay float32 or become bfloat16. */
    Bounded transposedTimes(Bounded x, Arithmetic arithmetic) {
        double[] step = arithmetic.activationSteps(x.values, DType.F32);
        int n = w[0].length;
        double[] y = new double[n];
        double[] e = new double[n];
        for (int c = 0; c < n; c++) {
            Sum s = new Sum();
            for (int o = 0; o < w.length; o++) {
                s.add(w[o][c], largest[o][c], x.values[o], x.errors[o], step[o]);
            }
            y[c] = s.value;
            e[c] = s.error();
        }
        return new Bounded(y, e);
    }

    /**
     * One sum of products. Errors of single terms are independent of each other, so their squares add up: eight standard
     * deviations of roundings that lie evenly within their step, or all of them at their worst if that is less.
     */
    static final class Sum {
        private double value;
        private double magnitude;
        private double worst;
        private double squares;
        private double knownWorst;
        private double knownSquares;
        private int n;

        void add(double w, double largest, double x, double error, double step) {
            value += w * x;
            magnitude += largest * Math.abs(x);
            worst += Math.abs(w) * step;
            squares += w * w * step * step / 3;
            knownWorst += Math.abs(w) * error;
            knownSquares += w * w * error * error;
            n++;
        }

        double value() {
            return value;
        }

        double error() {
            return Math.min(worst, 8 * Math.sqrt(squares))
                    + Math.min(knownWorst, 2 * Math.sqrt(knownSquares))
                    + Arithmetic.rel(n) * magnitude;
        }
    }
}
