package org.sluice.benchmarks;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.decode.Constraint;
import org.sluice.decode.constraint.Grammar;
import org.sluice.decode.constraint.GrammarConstraint;
import org.sluice.decode.constraint.JsonSchema;
import org.sluice.decode.constraint.Syntax;
import org.sluice.decode.constraint.TokenTrie;

/**
 * What a constraint costs for each token of an answer: finding the mask, applying it to the logits and going on by the token.
 * Answers are random walks over what is allowed. Arguments: a {@code tokenizer.json} (default {@code -}: 150,000 invented tokens),
 * answers that are looked at after the first (20).
 */
public final class Masks {
    private static final int SIZE = 150_000;
    private static final int LONGEST = 400;

    private Masks() {}

    private static Map<String, Syntax> syntaxes() {
        Map<String, Syntax> all = new LinkedHashMap<>();
        all.put(
                "flat object",
                json("{'type':'object','properties':{'name':{'type':'string'},'age':{'type':'integer'},"
                        + "'kind':{'enum':['a','b','c d']},'mail':{'type':['string','null'],'format':'email'}},"
                        + "'required':['name','age','kind','mail'],'additionalProperties':false}"));
        all.put(
                "recursive",
                json("{'type':'object','properties':{'value':{'type':'string'},'children':{'type':'array','items':"
                        + "{'$ref':'#'}}},'required':['value','children'],'additionalProperties':false}"));
        all.put(
                "bounded",
                json("{'type':'array','items':{'type':'object','properties':{'id':{'type':'string','pattern':"
                        + "'^[A-Z]{2}-[0-9]{3,5}$'},'text':{'type':'string','minLength':2,'maxLength':200},"
                        + "'share':{'type':'number','minimum':0,'maximum':1},'when':{'type':'string','format':'date-time'}},"
                        + "'required':['id','text','share','when']},'minItems':1,'maxItems':9}"));
        all.put("any JSON", json("{'type':'object','additionalProperties':true}"));
        all.put("expression", Syntax.regex("([A-Z][a-z]{2,12} ){2,5}was born in (19|20)[0-9]{2}( in [A-Z][a-z]+)?\\."));
        return all;
    }

    private static Syntax json(String schema) {
        return JsonSchema.parse(schema.replace('\'', '"')).document();
    }

    /** Prints a Markdown table. */
    public static void main(String[] args) {
        byte[][] words = args.length > 0 && !args[0].equals("-") ? read(Path.of(args[0])) : invent();
        int answers = args.length > 1 ? Integer.parseInt(args[1]) : 20;
        long began = System.nanoTime();
        TokenTrie trie = new TokenTrie(words);
        System.out.printf(Locale.ROOT, "%d tokens, trie %.2f s%n%n", words.length, (System.nanoTime() - began) / 1e9);
        System.out.println("| constraint | compiled, ms | tokens | first answer: mean, us | p50 | largest"
                + " | later answers: mean, us | p50 | p99 | largest |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|");
        for (int pass = 0; pass < 2; pass++) {
            // the first pass is the JVM's
            for (Map.Entry<String, Syntax> e : syntaxes().entrySet()) {
                String line = measure(e.getKey(), e.getValue(), trie, words, answers);
                if (pass == 1) {
                    System.out.println(line);
                }
            }
        }
    }

    private static String measure(String name, Syntax syntax, TokenTrie trie, byte[][] words, int answers) {
        long began = System.nanoTime();
        Constraint constraint = new GrammarConstraint(Grammar.of(syntax), trie);
        double compiled = (System.nanoTime() - began) / 1e6;
        SplittableRandom random = new SplittableRandom(7);
        double[] first = walk(constraint, words, random);
        List<double[]> rest = new ArrayList<>();
        for (int i = 0; i < answers; i++) {
            rest.add(walk(constraint, words, random));
        }
        double[] later = rest.stream().flatMapToDouble(Arrays::stream).sorted().toArray();
        Arrays.sort(first);
        return String.format(
                Locale.ROOT,
                "| %s | %.1f | %d + %d | %.0f | %.0f | %.0f | %.1f | %.1f | %.1f | %.0f |",
                name,
                compiled,
                first.length,
                later.length,
                Arrays.stream(first).average().orElse(0),
                at(first, 0.5),
                at(first, 1),
                Arrays.stream(later).average().orElse(0),
                at(later, 0.5),
                at(later, 0.99),
                at(later, 1));
    }

    private static double at(double[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, share * sorted.length)];
    }

    /** Microseconds for each token of one answer. */
    private static double[] walk(Constraint constraint, byte[][] words, SplittableRandom random) {
        int stop = words.length - 1;
        Constraint.Cursor cursor = constraint.begin(Set.of(stop));
        float[] logits = new float[words.length];
        double[] took = new double[LONGEST];
        int[] allowed = new int[words.length];
        for (int i = 0; i < LONGEST; i++) {
            Arrays.fill(logits, 0);
            long began = System.nanoTime();
            cursor.mask(logits, logits.length);
            long masked = System.nanoTime() - began;
            int n = 0;
            for (int t = 0; t < logits.length; t++) {
                if (logits[t] == 0) {
                    allowed[n++] = t;
                }
            }
            int token = logits[stop] == 0 && i > 40 ? stop : likely(allowed, n, words, random);
            began = System.nanoTime();
            cursor.advance(token);
            took[i] = (masked + System.nanoTime() - began) / 1e3;
            if (token == stop) {
                return Arrays.copyOf(took, i + 1);
            }
        }
        return took;
    }

    /** Models write words and close what they have opened; a walk that only draws would stay in its first string. */
    private static int likely(int[] allowed, int n, byte[][] words, SplittableRandom random) {
        if (random.nextInt(3) == 0) {
            for (int tries = 0; tries < 400; tries++) {
                int t = allowed[random.nextInt(n)];
                if (words[t].length > 0 && "\"]},".indexOf(words[t][0]) >= 0) {
                    return t;
                }
            }
        }
        return allowed[random.nextInt(n)];
    }

    private static byte[][] read(Path tokenizer) {
        try (Tokenizer t = Tokenizer.open(tokenizer)) {
            byte[][] words = new byte[t.size() + 1][];
            for (int id = 0; id < t.size(); id++) {
                words[id] = t.isSpecial(id) ? new byte[0] : t.bytes(id);
            }
            words[t.size()] = new byte[0];
            return words;
        }
    }

    /** All bytes, words of frequent letters, runs of marks, characters of three bytes; the last token ends an answer. */
    private static byte[][] invent() {
        SplittableRandom random = new SplittableRandom(8);
        Set<String> words = new LinkedHashSet<>();
        for (int b = 0; b < 256; b++) {
            words.add(String.valueOf((char) b));
        }
        String letters = "etaoinshrdlucmfwypvbgkjqxz";
        String marks = "\"{}[]:,.<>/\\-+_()='*#!? 0123456789\n\t";
        while (words.size() < SIZE) {
            StringBuilder b = new StringBuilder();
            int kind = random.nextInt(10);
            int n = 1 + random.nextInt(kind < 7 ? 9 : 4);
            b.append(kind < 7 && random.nextInt(3) > 0 ? " " : "");
            for (int i = 0; i < n; i++) {
                if (kind < 7) {
                    b.append(letters.charAt(random.nextInt(26) * random.nextInt(26) / 25));
                } else if (kind < 9) {
                    b.append(marks.charAt(random.nextInt(marks.length())));
                } else {
                    b.appendCodePoint(0x4E00 + random.nextInt(4000));
                }
            }
            words.add(new String(b.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        }
        List<byte[]> all = new ArrayList<>();
        words.forEach(w -> all.add(w.getBytes(StandardCharsets.ISO_8859_1)));
        all.add(new byte[0]);
        return all.toArray(byte[][]::new);
    }
}
