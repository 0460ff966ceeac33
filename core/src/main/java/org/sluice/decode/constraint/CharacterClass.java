package org.sluice.decode.constraint;

import java.lang.Character.UnicodeScript;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A class of a regular expression as two sets, because dialects differ in what {@code \s} and the dot are: the characters
 * that are in it for every dialect and those that are in it for some. What is let through matches in ECMA, Java and RE2
 * alike.
 */
record CharacterClass(CodePoints sure, CodePoints possible) {
    static final CharacterClass DIGIT = exactly(CodePoints.range('0', '9'));
    static final CharacterClass WORD = exactly(CodePoints.range('0', '9')
            .union(CodePoints.range('A', 'Z'))
            .union(CodePoints.range('a', 'z'))
            .union(CodePoints.of('_')));
    static final CharacterClass SPACE = new CharacterClass(
            CodePoints.of("\t\n\f\r "),
            CodePoints.of("\t\n\u000B\f\r \u0085\u00A0\u1680\u2028\u2029\u202F\u205F\u3000\uFEFF")
                    .union(CodePoints.range(0x2000, 0x200A)));
    /** Not a line end of any dialect. */
    static final CharacterClass DOT =
            exactly(CodePoints.of("\n\r\u0085\u2028\u2029").complement());

    private static final Map<String, CodePoints> PROPERTIES = new ConcurrentHashMap<>();

    static CharacterClass exactly(CodePoints set) {
        return new CharacterClass(set, set);
    }

    CharacterClass negated() {
        return new CharacterClass(possible.complement(), sure.complement());
    }

    CharacterClass or(CharacterClass other) {
        return new CharacterClass(sure.union(other.sure), possible.union(other.possible));
    }

    /** A general category such as {@code L} or {@code Lu}, or a script; null where the name is not known. */
    static @Nullable CharacterClass property(String name) {
        CodePoints known = PROPERTIES.get(name);
        if (known == null) {
            known = compute(name);
            if (known == null) {
                return null;
            }
            PROPERTIES.put(name, known);
        }
        return exactly(known);
    }

    private static @Nullable CodePoints compute(String name) {
        int equals = name.indexOf('=');
        String value = name.substring(equals + 1);
        String kind = equals < 0 ? "" : name.substring(0, equals).toLowerCase(Locale.ROOT);
        boolean script = kind.equals("script") || kind.equals("sc");
        if (!script && (kind.isEmpty() || kind.equals("gc") || kind.equals("general_category"))) {
            CodePoints set = category(value);
            if (set != null) {
                return set;
            }
        }
        if (script || (kind.isEmpty() && value.startsWith("Is"))) {
            try {
                UnicodeScript s = UnicodeScript.forName(script ? value : value.substring(2));
                return CodePoints.where(c -> UnicodeScript.of(c) == s);
            } catch (IllegalArgumentException unknown) {
                return null;
            }
        }
        return null;
    }

    private static @Nullable CodePoints category(String name) {
        CodePoints set = CodePoints.where(c -> {
            String category = CATEGORIES[Character.getType(c)];
            return name.length() == 1 ? category.charAt(0) == name.charAt(0) : category.equals(name);
        });
        return set.isEmpty() ? null : set;
    }

    /** Indexed by {@link Character#getType(int)}; 17 is unused. */
    private static final String[] CATEGORIES = {
        "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "??",
        "Co", "Cs", "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf"
    };
}
