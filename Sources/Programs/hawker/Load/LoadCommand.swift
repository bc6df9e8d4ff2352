// `hawker load`: publishes and plays against a server, and prints what came through as JSON.

import ClientShell
import Config
import JSON

/// Runs one load.
enum LoadCommand {
  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") { return Terminal.print(help) }
    do {
      switch arguments.first {
      case "drop":
        return Terminal.print(
          try DropLoad(try DropLoadSettings(Array(arguments.dropFirst()))).run().text)
      case "audit":
        return Terminal.print(try DropAuditCommand.run(Array(arguments.dropFirst())).text)
      default: break
      }
      let report = try LoadRun(try LoadSettings(arguments)).run()
      return Terminal.print(report.text)
    } catch let error as UsageError {
      return Terminal.usage("load: \(error.text)")
    } catch let error as ConfigError {
      return Terminal.usage("load: \(error.text)")
    } catch let fault as ClientFault {
      return Terminal.failure("load: \(fault.text)")
    } catch {
      return Terminal.failure("load: \(error)")
    }
  }

  private static let help = """
    hawker load: publishes and plays against any WHIP/WHEP server on this machine, and prints one
    JSON object. Packets are synthetic: right headers and timing, no pictures.

      --whip URL --whep URL   {n} in a URL stands for a publisher's number, from 1
      --token-host T, --token-viewer T, or --data DIR, or --api-key K --api-secret S:
                              tokens of its own for each client, signed with the server's key
      --janus URL             instead: Janus's HTTP API (videoroom), such as http://127.0.0.1:8088/janus
      --publishers N          (default 1); viewers are spread over them
      --viewers N             (default 100)
      --duration S            of the measurement, after everyone has joined (default 20)
      --bitrate BITS          per second of each publisher's video (default 1500000)
      --nack SHARE            of packets viewers ignore and ask for again, such as 0.005 (default 0)
      --join-rate N           joins per second (default 20)
      --tcp                   ICE-TCP only
      --pid N                 measures that process: the server's CPU per delivered packet, and memory

    hawker load drop: buyers who claim a drop's units over sockets, come back when a connection ends and
    ask again what was not answered; ends when its input does, and writes what each was told.

      --url URL               of a server, http://ADDR:PORT; one for each of several
      --room R --drop ID --per-buyer N --data DIR --sights FILE
      --buyers N              (default 5000)
      --seed N                of what buyers do (default 1)
      --opens-at MS           since 1970, when they begin; the last one --spread-ms later (default 1000)
      --think-ms MS           until who holds units pays or gives them back, at most (default 10000)
      --only-pay              claims nothing, and pays for all that it holds
      --limit S               that ends it in any case (default 120)

    hawker load audit --log LOG.jsonl [--sights FILE]: replays a room's exported log, says where a drop's
    rules do not hold and where buyers were told something else.
    """
}
