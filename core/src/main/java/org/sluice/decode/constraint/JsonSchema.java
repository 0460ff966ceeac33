package org.sluice.decode.constraint;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;

/**
 * A JSON Schema as a syntax. Supported is what OpenAI's structured outputs document, and a little more: object, array, string,
 * number, integer, boolean, null and lists of these; {@code enum}, {@code const}, {@code anyOf}, {@code $ref} within the
 * schema, recursive too; {@code properties} in the schema's order, {@code required}, {@code additionalProperties};
 * {@code items}, {@code minItems}, {@code maxItems}; {@code pattern}, {@code format}, {@code minLength}, {@code maxLength};
 * {@code minimum}, {@code maximum}, both exclusive ones, {@code multipleOf}. Whatever else would restrict a value is refused by
 * name, so that all that is let through is valid. Where a schema leaves open what may be there ({@code additionalProperties}
 * not given), nothing is.
 */
public final class JsonSchema {
    private final SchemaCompiler compiler;
    private final @Nullable Object root;

    private JsonSchema(@Nullable Object root, List<String> forbidden) {
        this.root = root;
        compiler = new SchemaCompiler(root, new JsonSyntax(List.copyOf(forbidden)), forbidden);
    }

    /** A schema given as JSON values: maps, lists, strings, numbers, booleans and null. */
    public static JsonSchema of(Map<String, ?> schema) {
        return new JsonSchema(schema, List.of());
    }

    /**
     * A schema whose texts are embedded in others.
     *
     * @param forbidden texts that no string may hold, because they would end the embedding
     */
    public static JsonSchema of(Map<String, ?> schema, List<String> forbidden) {
        return new JsonSchema(schema, forbidden);
    }

    /**
     * A schema given as text.
     *
     * @throws InvalidRequestException where it is not valid JSON
     */
    public static JsonSchema parse(String json) {
        return new JsonSchema(JsonValues.parse(json), List.of());
    }

    /**
     * The documents that are valid. What the schema demands is looked at when a grammar is made of it.
     *
     * @throws InvalidRequestException where the schema contradicts itself
     * @throws org.sluice.error.UnsupportedException where it uses what is not supported; names the keyword and its place
     */
    public Syntax document() {
        return compiler.value(root, "#");
    }

    /**
     * One property of an object.
     *
     * @param value its texts: strings as they are, without quotes and escapes, everything else as JSON
     */
    public record Argument(String name, boolean required, Syntax value) {}

    /** The properties of a schema for objects, for formats that write them one by one. */
    public List<Argument> arguments() {
        return new VerbatimArguments(compiler).of(root);
    }
}
