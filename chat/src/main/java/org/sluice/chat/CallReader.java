package org.sluice.chat;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what stands between {@code <tool_call>} and {@code </tool_call>}. */
final class CallReader {
    static final String OPEN_KEY = "<arg_key>";
    static final String CLOSE_KEY = "</arg_key>";
    static final String OPEN_VALUE = "<arg_value>";
    static final String CLOSE_VALUE = "</arg_value>";

    private final Map<String, Map<String, Object>> parametersByTool = new HashMap<>();

    CallReader(List<Tool> tools) {
        for (Tool tool : tools) {
            parametersByTool.put(tool.name(), tool.parameters());
        }
    }

    /** The call, or null where no tool is named. A key without a value is left out; of equal keys the last one counts. */
    @Nullable
    ToolCall read(String body) {
        int firstKey = body.indexOf(OPEN_KEY);
        int headEnd = firstKey < 0 ? body.length() : firstKey;
        // A call begun anew before any argument: the model started over.
        int anew = body.lastIndexOf(OutputParser.OPEN_CALL, headEnd);
        int headBegin = anew >= 0 && anew < headEnd ? anew + OutputParser.OPEN_CALL.length() : 0;
        String name = body.substring(headBegin, headEnd).strip();
        int newline = name.indexOf('\n');
        if (newline >= 0) {
            name = name.substring(0, newline).strip();
        }
        if (name.isEmpty()) {
            return null;
        }
        Map<String, Object> parameters = parametersByTool.getOrDefault(name, Map.of());
        Map<String, Object> schemas =
                Json.objectOrEmpty(ArgumentValue.resolve(parameters, parameters).get("properties"));
        Map<String, Object> arguments = new LinkedHashMap<>();
        int at = headEnd;
        while ((at = body.indexOf(OPEN_KEY, at)) >= 0) {
            int keyEnd = body.indexOf(CLOSE_KEY, at + OPEN_KEY.length());
            if (keyEnd < 0) {
                break;
            }
            int value = skipBlank(body, keyEnd + CLOSE_KEY.length());
            if (!body.startsWith(OPEN_VALUE, value)) {
                at = keyEnd + CLOSE_KEY.length();
                continue;
            }
            int valueBegin = value + OPEN_VALUE.length();
            int valueEnd = body.indexOf(CLOSE_VALUE, valueBegin);
            // The closing tag of the last value is what models forget; the value is clear all the same.
            String raw = body.substring(valueBegin, valueEnd < 0 ? body.length() : valueEnd);
            String key = body.substring(at + OPEN_KEY.length(), keyEnd).strip();
            arguments.put(key, ArgumentValue.of(raw, Json.objectOrEmpty(schemas.get(key)), parameters));
            at = valueEnd < 0 ? body.length() : valueEnd + CLOSE_VALUE.length();
        }
        return new ToolCall(name, arguments);
    }

    private static int skipBlank(String s, int from) {
        int i = from;
        while (i < s.length() && Character.isWhitespace(s.charAt(i))) {
            i++;
        }
        return i;
    }
}
