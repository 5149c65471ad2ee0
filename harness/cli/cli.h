// The command line: one subcommand a file, each adding itself to the parser and leaving its exit status.
#ifndef HARNESS_CLI_CLI_H_
#define HARNESS_CLI_CLI_H_

namespace CLI {
class App;
}

namespace tcpspec::cli {

[[nodiscard]] int run_command_line(int argc, char** argv);

// Each registers its options; the subcommand, when it is the one that was asked for, sets `status`.
void add_run(CLI::App& app, int& status);
void add_list(CLI::App& app, int& status);
void add_explain(CLI::App& app, int& status);
void add_lint(CLI::App& app, int& status);
void add_matrix(CLI::App& app, int& status);
void add_coverage(CLI::App& app, int& status);
void add_doctor(CLI::App& app, int& status);
void add_interop(CLI::App& app, int& status);
void add_smoke(CLI::App& app, int& status);
void add_serve(CLI::App& app, int& status);

}  // namespace tcpspec::cli

#endif  // HARNESS_CLI_CLI_H_
