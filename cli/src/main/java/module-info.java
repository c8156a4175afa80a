/// The `faultline` command: arguments, what is printed, exit status.
module dev.faultline.cli {
    requires static org.jspecify;
    requires dev.faultline.litmus;
    requires dev.faultline.live;
    requires dev.faultline.report;
    requires info.picocli;
    opens dev.faultline.cli to info.picocli;
}
