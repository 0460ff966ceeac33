package org.sluice.backend.support.kernels;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.sluice.backend.support.BufferPlan;
import org.sluice.graph.Add;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.ApplyRope;
import org.sluice.graph.Matmul;
import org.sluice.graph.Node;
import org.sluice.graph.RmsNorm;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;

/** One or more operations of a graph that a device runs together. */
public sealed interface Work {
    /** Its operations, in the order of the graph. */
    List<Node> nodes();

    /** What it reads and writes in the workspace. */
    BufferPlan.Use use();

    /** Whether it treats every row by itself, in so little time that a launch would take longer. */
    default boolean ofRows() {
        return false;
    }

    /** An operation by itself. */
    record Plain(Node node) implements Work {
        @Override
        public boolean ofRows() {
            return switch (node.op()) {
                case RmsNorm _, ApplyRope _, AppendLatent _, AppendIndexKey _, RouteExperts _ -> true;
                default -> false;
            };
        }

        @Override
        public List<Node> nodes() {
            return List.of(node);
        }

        @Override
        public BufferPlan.Use use() {
            return new BufferPlan.Use(node.op().inputs(), node.outputs());
        }
    }

    /**
     * An operation in several kernels, with the memory for what lies between them.
     *
     * @param scratch as large as its spec says
     */
    record Scratched(Node node, Value scratch) implements Work {
        @Override
        public List<Node> nodes() {
            return List.of(node);
        }

        @Override
        public BufferPlan.Use use() {
            List<Value> writes = new ArrayList<>(node.outputs());
            writes.add(scratch);
            return new BufferPlan.Use(node.op().inputs(), writes);
        }
    }

    /**
     * Matrices of one type over one input; a single one may have values added to its result.
     *
     * @param matmuls one to four
     * @param adds additions behind a single matrix, at most two
     */
    record Matmuls(List<Node> matmuls, List<Node> adds) implements Work {
        @Override
        public List<Node> nodes() {
            List<Node> all = new ArrayList<>(matmuls);
            all.addAll(adds);
            return all;
        }

        /** Their input. */
        public Value x() {
            return ((Matmul) matmuls.getFirst().op()).x();
        }

        /** Their matrices, in order. */
        public List<Weight> weights() {
            return matmuls.stream().map(n -> ((Matmul) n.op()).weight()).toList();
        }

        /** Where results go. */
        public List<Value> results() {
            return adds.isEmpty()
                    ? matmuls.stream().map(n -> n.outputs().getFirst()).toList()
                    : adds.getLast().outputs();
        }

        /** What is added, in order. */
        public List<Value> addends() {
            List<Value> all = new ArrayList<>();
            Value sum = matmuls.getFirst().outputs().getFirst();
            for (Node n : adds) {
                Add add = (Add) n.op();
                all.add(add.a().equals(sum) ? add.b() : add.a());
                sum = n.outputs().getFirst();
            }
            return all;
        }

        @Override
        public BufferPlan.Use use() {
            Set<Value> reads = new LinkedHashSet<>(addends());
            reads.add(x());
            return new BufferPlan.Use(reads, results());
        }
    }

    /** The first half of a gated feed-forward: two matrices of one type and the gate. */
    record GateUp(Node gate, Node up, Node swiglu) implements Work {
        @Override
        public List<Node> nodes() {
            return List.of(gate, up, swiglu);
        }

        /** Their input. */
        public Value x() {
            return ((Matmul) gate.op()).x();
        }

        /** Their matrices, in order. */
        public List<Weight> weights() {
            return List.of(((Matmul) gate.op()).weight(), ((Matmul) up.op()).weight());
        }

        @Override
        public BufferPlan.Use use() {
            return new BufferPlan.Use(List.of(x()), swiglu.outputs());
        }
    }
}
