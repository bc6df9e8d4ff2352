// The `hawker` program: one command each for what an operator does.

import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
exit(CommandTable.run(arguments))
