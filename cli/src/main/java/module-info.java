/** The {@code sluice} command. */
module org.sluice.cli {
    requires static org.jspecify;
    requires org.sluice.chat;
    requires info.picocli;
    requires org.jline.reader;
    requires org.jline.terminal;
    requires me.tongfei.progressbar;
    requires tools.jackson.core;
    requires jdk.incubator.vector;
    requires java.management;

    // picocli sets the annotated fields
    opens org.sluice.cli to
            info.picocli;
}
