package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.decode.constraint.SchemaCompiler.Branch;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;

/**
 * Properties whose strings are written without quotes. A reader takes such a text for a number, an array and so on where the
 * schema allows one beside strings and the text reads as one; strings that could be mistaken are therefore not let through.
 */
final class VerbatimArguments {
    private static final CodePoints BLANK = CodePoints.where(Character::isWhitespace);

    /** Stands for a choice that leaves out true or false. */
    private static final String SOME_BOOLEANS = "some booleans";

    private static final Set<String> NULLS = Set.of("null", "None", "none");

    private final SchemaCompiler compiler;

    VerbatimArguments(SchemaCompiler compiler) {
        this.compiler = compiler;
    }

    List<JsonSchema.Argument> of(@Nullable Object root) {
        List<JsonSchema.Argument> all = new ArrayList<>();
        for (Branch b : compiler.branches(root, "#")) {
            if (b.type().equals(SchemaNode.ANY) && !b.node().hasValues()) {
                continue;
            }
            if (!b.type().equals("object") || !all.isEmpty()) {
                throw new UnsupportedException(
                        "the schema of the arguments is no plain object but has a choice or the type " + b.type()
                                + "; write {\"type\": \"object\", \"properties\": …}");
            }
            SchemaNode n = b.node();
            Map<String, @Nullable Object> properties = n.object("properties");
            List<String> required = n.strings("required");
            for (String name : required) {
                if (!properties.containsKey(name)) {
                    throw new InvalidRequestException(
                            "the arguments require '" + name + "', which is no property of their schema");
                }
            }
            properties.forEach((name, schema) -> all.add(new JsonSchema.Argument(
                    compiler.allowed(name), required.contains(name), value(schema, "#/properties/" + name))));
        }
        return all;
    }

    private Syntax value(@Nullable Object schema, String path) {
        List<Branch> branches = compiler.branches(schema, path);
        Set<String> types = new HashSet<>();
        for (Branch b : branches) {
            if (b.node().hasValues()) {
                b.node().values().forEach(v -> types.add(type(v)));
                if (b.node().has("type")) {
                    types.addAll(b.node().types());
                }
                if (types.contains("boolean")) {
                    types.add(SOME_BOOLEANS);
                }
            } else {
                types.add(b.type());
            }
        }
        CodePoints mistaken = types.contains("string") ? mistaken(types) : CodePoints.NONE;
        List<Syntax> options = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (Branch b : branches) {
            if (b.node().hasValues()) {
                for (Object v : b.node().values()) {
                    if (v instanceof String s) {
                        words.add(word(s, types, mistaken, path));
                    } else {
                        options.add(compiler.json(v));
                    }
                }
            } else if (b.type().equals("string")) {
                Syntax.Text t = compiler.text(b.node());
                options.add(new Syntax.Text(t.automaton().notBeginningWith(mistaken), t.encoding(), t.min(), t.max()));
            } else {
                options.add(compiler.of(b));
            }
        }
        if (!words.isEmpty()) {
            options.add(WordTree.of(words));
        }
        return Syntax.rule(path, new Syntax.Choice(options));
    }

    /** First characters of texts that may read as something else than a string. */
    private static CodePoints mistaken(Set<String> types) {
        CodePoints all = CodePoints.NONE;
        if (types.contains("number") || types.contains("integer")) {
            all = all.union(CodePoints.of("+-.0123456789"));
        }
        if (types.contains("array") || types.contains("object")) {
            all = all.union(CodePoints.of("[{("));
        }
        if (types.contains(SOME_BOOLEANS)) {
            all = all.union(CodePoints.of("tfTF"));
        }
        return all.isEmpty() ? all : all.union(BLANK);
    }

    private String word(String s, Set<String> types, CodePoints mistaken, String path) {
        boolean likeNull = types.contains("null") && NULLS.contains(s);
        if (likeNull || (!s.isEmpty() && mistaken.contains(s.codePointAt(0)))) {
            throw new UnsupportedException("the value '" + s + "' at " + path
                    + " can be mistaken for another type that the schema allows; use values of one type");
        }
        return compiler.allowed(s);
    }

    private static String type(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case String s -> "string";
            case Boolean b -> "boolean";
            case Number n -> "number";
            case List<?> l -> "array";
            default -> "object";
        };
    }
}
