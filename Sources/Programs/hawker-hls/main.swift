// The `hawker-hls` program: rooms of an SFU as LL-HLS.

import ClientShell
import Glibc
import Telemetry

DescriptorLimit.raise()
do {
  let arguments = CommandLine.arguments.dropFirst()
  if arguments.starts(with: ["bench", "transcode"]) {
    exit(try TranscodeBench.run(Array(arguments.dropFirst(2))))
  }
  if arguments.first == "bench" { exit(try HLSBench.run(arguments.dropFirst())) }
  if arguments.first == "mp4" { exit(MovieCommand.run(arguments.dropFirst())) }
  let settings = try SidecarSettings(Array(arguments))
  exit(try Sidecar(settings).run())
} catch let fault as ClientFault {
  SidecarLog.write(.error, fault.text)
  exit(1)
} catch let fault as SidecarSettings.Fault {
  SidecarLog.say(fault.text + "\n" + SidecarSettings.usage)
  exit(fault.status)
} catch {
  SidecarLog.write(.error, "\(error)")
  exit(1)
}
