package org.sluice.chat.jinja;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Tuple;

/** A macro bound to where it was defined; calling it gives the text it writes. */
final class Macro implements Callable {
    private final Stmt.MacroShape shape;
    private final Scope definedIn;
    private final Renderer renderer;

    Macro(Stmt.MacroShape shape, Scope definedIn, Renderer renderer) {
        this.shape = shape;
        this.definedIn = definedIn;
        this.renderer = renderer;
    }

    @Override
    public Object call(Arguments arguments) {
        Scope scope = new Scope(definedIn);
        List<String> names = shape.parameters();
        Map<String, @Nullable Object> left = new LinkedHashMap<>(arguments.keyword());
        Set<String> bound = new HashSet<>();
        int given = Math.min(names.size(), arguments.count());
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (i < given) {
                scope.set(name, arguments.positional().get(i));
                bound.add(name);
            } else if (left.containsKey(name)) {
                scope.set(name, left.remove(name));
                bound.add(name);
            }
        }
        scope.set("caller", left.containsKey("caller") ? left.remove("caller") : new Undefined("No caller defined"));
        more(arguments, given, left, scope);
        defaults(bound, scope);
        return renderer.capture(shape.body(), scope);
    }

    private void more(Arguments arguments, int given, Map<String, @Nullable Object> left, Scope scope) {
        if (shape.varargs()) {
            scope.set("varargs", new Tuple(arguments.positional().subList(given, arguments.count())));
        } else if (arguments.count() > given) {
            throw JinjaException.runtime("macro '" + shape.name() + "' takes not more than "
                    + shape.parameters().size() + " argument(s)");
        }
        if (shape.kwargs()) {
            scope.set("kwargs", left);
        } else if (!left.isEmpty()) {
            throw JinjaException.runtime("macro '" + shape.name() + "' takes no keyword argument '"
                    + left.keySet().iterator().next() + "'");
        }
    }

    /** Defaults are evaluated at the call, and may use the parameters before them. */
    private void defaults(Set<String> bound, Scope scope) {
        int required = shape.parameters().size() - shape.defaults().size();
        for (int i = 0; i < shape.parameters().size(); i++) {
            String name = shape.parameters().get(i);
            if (!bound.contains(name)) {
                scope.set(
                        name,
                        i < required
                                ? new Undefined("parameter '" + name + "' was not provided")
                                : renderer.evaluator().evaluate(shape.defaults().get(i - required), scope));
            }
        }
    }

    @Nullable
    Object member(String name) {
        return switch (name) {
            case "name" -> shape.name();
            case "arguments" -> new Tuple(shape.parameters());
            case "catch_kwargs" -> shape.kwargs();
            case "catch_varargs" -> shape.varargs();
            default -> Undefined.member("macro", "'" + name + "'");
        };
    }
}
