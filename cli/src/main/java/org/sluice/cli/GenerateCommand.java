package org.sluice.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.ChatModel;
import org.sluice.chat.Conversation;
import org.sluice.chat.Message;
import org.sluice.chat.Reply;
import org.sluice.chat.ReplyOptions;
import org.sluice.chat.Tool;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Generation;
import org.sluice.error.InvalidRequestException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One prompt, one answer. In a pipe only the answer is written, nothing else. */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = "Answers one prompt, given as an argument or on the standard input.")
final class GenerateCommand implements Callable<Integer> {
    @Parameters(index = "0", arity = "0..1", paramLabel = "PROMPT", description = "The prompt; - reads standard input.")
    private @Nullable String prompt;

    @Option(names = "--json", description = "Print one JSON object: tokens, text, reasoning, calls, timings.")
    private boolean json;

    @Mixin
    private ModelChoice model = new ModelChoice();

    @Mixin
    private DraftChoice drafts = new DraftChoice();

    @Mixin
    private SessionChoice session = new SessionChoice();

    @Mixin
    private AnswerChoice answer = new AnswerChoice();

    private final Io io;

    GenerateCommand(Io io) {
        this.io = io;
    }

    @Override
    public Integer call() {
        List<Tool> tools = answer.check();
        session.check();
        String text = prompt();
        long start = System.nanoTime();
        try (Bars bars = new Bars(io);
                ChatModel chat = ChatModel.load(
                        model.folder(), session.engine(drafts.engine(model.engine(bars)), model.caches()));
                Conversation talk = session.open(chat, answer.opening())) {
            long loaded = System.nanoTime() - start;
            ReplyOptions options = answer.options(chat, talk, tools);
            talk.add(Message.user(text));
            AnswerPrinter printer = new AnswerPrinter(io, io.outTerminal());
            // What a user waits for is counted from the start of the process.
            long asked = System.nanoTime();
            Reply reply = talk.reply(options, json ? e -> {} : printer, bars, new CancelToken());
            if (json) {
                io.println(Json.write(object(chat, options, reply, loaded, asked)));
            } else {
                printer.finish();
                if (io.errTerminal()) {
                    io.err().println(io.dim(Figures.of(reply.generation())));
                    io.err().flush();
                }
            }
            session.save(talk);
        }
        return 0;
    }

    private String prompt() {
        if (prompt == null && io.inTerminal()) {
            throw new InvalidRequestException("give a prompt: sluice generate \"What is 17 + 25?\", or pipe one in");
        }
        String text = prompt == null || prompt.equals("-") ? io.readAll() : argument(prompt);
        if (text.isBlank()) {
            throw new InvalidRequestException("the prompt is empty");
        }
        return text;
    }

    /** The JVM replaces bytes it cannot decode; the kernel still knows what was written. */
    private static String argument(String text) {
        Path own = Path.of("/proc/self/cmdline");
        if (text.indexOf('\uFFFD') >= 0 && Files.isReadable(own)) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(own)));
            } catch (CharacterCodingException e) {
                throw new InvalidRequestException("the prompt is not valid UTF-8; convert it first", e);
            } catch (IOException e) {
                return text;
            }
        }
        return text;
    }

    private static Map<String, @Nullable Object> object(
            ChatModel chat, ReplyOptions options, Reply reply, long loaded, long asked) {
        Generation g = reply.generation();
        Map<String, @Nullable Object> timings = new LinkedHashMap<>();
        timings.put("load_ms", millis(loaded));
        timings.put("prompt_tokens", g.prefillTokens() + g.reusedTokens());
        timings.put("reused_tokens", g.reusedTokens());
        timings.put("prefill_ms", millis(g.prefillNanos()));
        timings.put("prefill_tokens_per_second", round(g.prefillRate()));
        timings.put("first_token_ms", millis(g.firstTokenNanos()));
        timings.put("decode_tokens_per_second", round(g.decodeRate()));
        timings.put("total_ms", millis(g.totalNanos()));
        timings.put(
                "process_start_to_first_token_ms",
                ProcessAge.millis()
                        .map(age -> round(age - millis(System.nanoTime() - asked) + millis(g.firstTokenNanos())))
                        .orElse(null));
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("tokens", g.tokens());
        m.put("text", reply.text());
        m.put("reasoning", reply.output().reasoning());
        m.put("content", reply.output().content());
        m.put("tool_calls", reply.output().toolCalls().stream().map(Json::call).toList());
        m.put("finish_reason", reply.finishReason());
        m.put("seed", options.sampler().seed());
        m.put("timings", timings);
        m.put("drafts", drafts(g));
        m.put("device", chat.engine().device());
        m.put("model", chat.engine().path().toString());
        return m;
    }

    private static Map<String, @Nullable Object> drafts(Generation g) {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("tokens_by_round", g.drafts().tokens());
        m.put("proposed_by_position", g.drafts().proposed());
        m.put("accepted_by_position", g.drafts().accepted());
        m.put("ms", millis(g.drafts().nanos()));
        return m;
    }

    private static double millis(long nanos) {
        return Math.round(nanos / 1e4) / 100.0;
    }

    private static double round(double rate) {
        return Math.round(rate * 10) / 10.0;
    }
}
