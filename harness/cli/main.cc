#include "harness/cli/cli.h"

int main(int argc, char** argv) { return tcpspec::cli::run_command_line(argc, argv); }
