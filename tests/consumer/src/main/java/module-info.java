/** README's examples as an application of their own. */
module consumer {
    requires org.sluice.chat;
}
