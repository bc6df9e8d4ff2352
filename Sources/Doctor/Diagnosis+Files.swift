// The checks that are about files: certificate, data folder, keys.

import Config

extension Diagnosis {
  var certificate: Finding {
    let name = "certificate"
    guard let paths = configuration.tls, let facts = facts.certificate else {
      return .ok(name, "none configured")
    }
    if let problem = facts.problem {
      return .fail(name, problem, "--tls-cert wants the chain, --tls-key its key, both PEM")
    }
    if facts.isEarly {
      return .fail(name, "\(paths.certificate) is not valid yet", "check the clock, or get another")
    }
    if facts.daysLeft < 0 {
      return .fail(
        name, "\(paths.certificate) has expired", "renew it, then send the server SIGHUP")
    }
    if facts.daysLeft < DoctorLimits.certificateDaysMin {
      return .warn(
        name, "\(paths.certificate) expires in \(facts.daysLeft) days",
        "renew it, then send the server SIGHUP")
    }
    if facts.isKeyExposed {
      return .warn(name, "\(paths.key) is readable by everyone", "chmod o-rwx it")
    }
    if facts.isSelfSigned {
      return .warn(
        name, "\(paths.certificate) is signed by itself: browsers ask their user before they go on",
        "get one from an authority they know, such as Let's Encrypt")
    }
    return .ok(name, "\(paths.certificate) matches its key, \(facts.daysLeft) days left")
  }

  var dataFolder: Finding {
    let name = "data folder"
    let path = configuration.data
    if let problem = facts.data.problem {
      return .fail(name, "\(path): \(problem)", "set --data to a folder this user may write to")
    }
    if facts.data.freeBytes < DoctorLimits.freeBytesMin {
      return .fail(
        name, "\(path): only \(facts.data.freeBytes >> 20) MiB free", "make room, or set --data")
    }
    switch facts.data.storage {
    case .disk: return .ok(name, "\(path) is writable and on a disk")
    case .memory:
      return .warn(
        name, "\(path) is in memory: keys are lost with a restart", "set --data to a disk")
    case .container:
      return .warn(
        name, "\(path) is in the container's own layer: keys are lost with it",
        "mount a volume there")
    case .network(let kind):
      return .warn(
        name, "\(path) is on \(kind): a database there can be slow or damaged",
        "set --data to a local disk")
    }
  }

  var keysFile: Finding {
    let name = "keys"
    if configuration.apiKey != nil { return .ok(name, "configured") }
    return facts.data.areKeysExposed
      ? .warn(
        name, "\(configuration.data)/keys is readable by others, who can then make tokens",
        "chmod 600 it")
      : .ok(name, "in the data folder, made on first start")
  }
}
