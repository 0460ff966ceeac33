package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.decode.constraint.Syntax.Encoding;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;

/** Turns the parts of a schema into syntax. Equal parts become one rule; alternatives are laid open beside each other. */
final class SchemaCompiler {
    private static final int MAX_ALTERNATIVES = 10_000;

    private final JsonSyntax json;
    private final List<String> forbidden;
    private final SchemaReferences references;
    private final Map<String, Syntax.Rule> rules = new HashMap<>();

    SchemaCompiler(@Nullable Object root, JsonSyntax json, List<String> forbidden) {
        this.json = json;
        this.forbidden = forbidden;
        references = new SchemaReferences(root);
    }

    /** One schema that is neither a reference nor a choice. */
    record Branch(SchemaNode node, String type) {}

    /** The values of a schema, as a rule of their own. */
    Syntax value(@Nullable Object schema, String path) {
        String key = JsonValues.write(schema);
        return new Syntax.Call(rules.computeIfAbsent(key, k -> new Syntax.Rule(path, () -> body(schema, path))));
    }

    private Syntax body(@Nullable Object schema, String path) {
        List<Syntax> options = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (Branch b : branches(schema, path)) {
            if (b.node().hasValues()) {
                for (Object v : b.node().values()) {
                    if (v instanceof String s) {
                        words.add(json.textOf(s));
                    } else {
                        options.add(json.value(v));
                    }
                }
            } else {
                options.add(of(b));
            }
        }
        if (!words.isEmpty()) {
            options.add(WordTree.of(words));
        }
        return new Syntax.Choice(options);
    }

    /** All schemas a value may satisfy, by type. */
    List<Branch> branches(@Nullable Object schema, String path) {
        List<Branch> all = new ArrayList<>();
        collect(schema, path, new HashSet<>(), all);
        return all;
    }

    private void collect(@Nullable Object schema, String path, Set<String> seen, List<Branch> into) {
        if (into.size() > MAX_ALTERNATIVES) {
            throw new UnsupportedException(
                    "the schema at " + path + " has more than " + MAX_ALTERNATIVES + " alternatives; use fewer");
        }
        if (schema instanceof Boolean b) {
            if (b) {
                into.add(new Branch(SchemaNode.of(Map.of(), path), SchemaNode.ANY));
            }
            return;
        }
        SchemaNode node = SchemaNode.of(schema, path);
        if (node.has("$ref")) {
            node.alone("$ref");
            String pointer = node.text("$ref");
            // a reference that leads back to itself without a step into a value adds no value
            if (seen.add(pointer)) {
                collect(references.resolve(pointer, path), pointer, seen, into);
                seen.remove(pointer);
            }
            return;
        }
        for (String choice : List.of("anyOf", "allOf")) {
            if (node.has(choice)) {
                node.alone(choice);
                List<?> options = node.list(choice);
                if (choice.equals("allOf") && options.size() != 1) {
                    throw node.unsupported("allOf", "with more than one schema; merge them into one");
                }
                for (int i = 0; i < options.size(); i++) {
                    collect(options.get(i), path + "/" + choice + "/" + i, seen, into);
                }
                return;
            }
        }
        node.check();
        if (node.hasValues()) {
            into.add(new Branch(node, SchemaNode.ANY));
            return;
        }
        for (String type : new LinkedHashSet<>(node.types())) {
            into.add(new Branch(node, type));
        }
    }

    /** The JSON texts of one type of a schema. */
    Syntax of(Branch b) {
        SchemaNode n = b.node();
        return switch (b.type()) {
            case SchemaNode.ANY -> json.any();
            case "object" -> object(n);
            case "array" -> array(n);
            case "string" -> string(n);
            case "integer", "number" -> number(n, b.type());
            case "boolean" -> Syntax.choice(json.literal("true"), json.literal("false"));
            case "null" -> json.literal("null");
            default ->
                throw new InvalidRequestException(
                        "the schema at " + n.path() + " has the unknown type '" + b.type() + "'");
        };
    }

    private Syntax object(SchemaNode n) {
        Map<String, Object> properties = n.object("properties");
        List<String> required = n.strings("required");
        Object more = n.get("additionalProperties");
        boolean open = more != null && !Boolean.FALSE.equals(more);
        List<Syntax.Field> fields = new ArrayList<>();
        List<String> names = new ArrayList<>(properties.keySet());
        for (String name : properties.keySet()) {
            Syntax value = value(properties.get(name), n.path() + "/properties/" + name);
            fields.add(new Syntax.Field(json.field(name, value), required.contains(name)));
        }
        for (String name : new LinkedHashSet<>(required)) {
            if (properties.containsKey(name)) {
                continue;
            }
            if (Boolean.FALSE.equals(more)) {
                throw new InvalidRequestException("the schema at " + n.path() + " requires '" + name
                        + "', which is no property, and forbids additional ones");
            }
            Syntax value = value(open ? more : true, n.path() + "/additionalProperties");
            fields.add(new Syntax.Field(json.field(name, value), true));
            names.add(name);
        }
        if (!open) {
            return json.object(fields, null);
        }
        return json.object(fields, json.otherField(names, value(more, n.path() + "/additionalProperties")));
    }

    private Syntax array(SchemaNode n) {
        int min = n.count("minItems", 0);
        int max = n.count("maxItems", Regex.UNBOUNDED);
        if (max != Regex.UNBOUNDED && max < min) {
            throw n.contradiction("minItems", min, "maxItems", max);
        }
        Object items = n.has("items") ? n.get("items") : true;
        return json.array(value(items, n.path() + "/items"), min, max);
    }

    private Syntax string(SchemaNode n) {
        Syntax.Text t = text(n);
        boolean plain = t.min() == 0 && t.max() == Regex.UNBOUNDED && isFree(n);
        return plain
                ? json.anyString()
                : Syntax.rule(
                        n.path(),
                        json.string(t.automaton(), isFree(n) ? Encoding.JSON_ANY : Encoding.JSON, t.min(), t.max()));
    }

    private static boolean isFree(SchemaNode n) {
        return !n.has("pattern") && !n.has("format");
    }

    /** The texts of a string, written as they are. */
    Syntax.Text text(SchemaNode n) {
        int min = n.count("minLength", 0);
        int max = n.count("maxLength", Regex.UNBOUNDED);
        if (max != Regex.UNBOUNDED && max < min) {
            throw n.contradiction("minLength", min, "maxLength", max);
        }
        CharAutomaton characters = CharAutomaton.anything();
        if (n.has("pattern") && n.has("format")) {
            throw n.unsupported("pattern", "together with format; use one of them");
        }
        if (n.has("pattern")) {
            characters = CharAutomaton.containing(n.text("pattern"));
        } else if (n.has("format")) {
            String pattern = Formats.pattern(n.text("format"));
            if (pattern == null) {
                throw n.unsupported("format", "'" + n.text("format") + "'; supported are " + Formats.names());
            }
            characters = CharAutomaton.matching(pattern);
        }
        return new Syntax.Text(characters.without(forbidden), Encoding.PLAIN, min, max);
    }

    private Syntax number(SchemaNode n, String type) {
        boolean whole = type.equals("integer");
        NumberRange range = SchemaNumbers.range(n, whole);
        if (range == null) {
            return whole ? json.anyInteger() : json.anyNumber();
        }
        return Syntax.rule(
                n.path(),
                new Syntax.Text(
                        range.automaton("the numbers of the schema at " + n.path()),
                        Encoding.PLAIN,
                        0,
                        Regex.UNBOUNDED));
    }

    Syntax json(@Nullable Object value) {
        return json.value(value);
    }

    String allowed(String text) {
        return json.checked(text);
    }
}
