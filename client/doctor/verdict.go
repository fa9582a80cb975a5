package doctor

import "strings"

// judge says what the checks mean for calls from here.
func (r *run) judge() {
	outcome := map[string]Check{}
	for _, c := range r.report.Checks {
		outcome[c.Name] = c
	}
	udp, tcp, secure := r.reached["udp"], r.reached["tcp"], r.reached["tls"]
	stream := "TCP"
	if secure {
		stream = "TLS"
	}
	switch {
	case outcome["Signaling"].Outcome != OK:
		first := outcome["Signaling"]
		for _, name := range []string{"Name", "Web"} {
			if outcome[name].Outcome == Failed {
				first = outcome[name]
				break
			}
		}
		r.report.Verdict = "Calls will not work: " + lower(first.Text)
	case udp && r.reached["stun"]:
		r.report.Works, r.report.Verdict = true, "Calls will work: directly where both networks let them, relayed over UDP where not."
	case udp:
		r.report.Works, r.report.Verdict = true, "Calls will work, relayed over UDP."
	case (tcp || secure) && r.reached["stun"]:
		r.report.Works = true
		r.report.Verdict = "Calls will work: directly where both networks let them; the relay cannot be reached over UDP, so it is used over " + stream + "."
	case (tcp || secure) && outcome["Relay over UDP"].Outcome == Skipped:
		r.report.Works = true
		r.report.Verdict = "Calls will work; the server has no relay over UDP, so they go over " + stream + ": with more delay where packets are lost."
	case tcp || secure:
		r.report.Works = true
		r.report.Verdict = "Calls will work; UDP is blocked here, so they go over " + stream + ": with more delay where packets are lost."
	case r.reached["stun"]:
		r.report.Verdict = "Only direct calls will work, where both networks let them: no relay can be used from here."
	default:
		r.report.Verdict = "Calls will not work from here: neither STUN nor a relay of the server can be reached."
	}
}

func lower(sentence string) string {
	if sentence == "" {
		return sentence
	}
	first := strings.ToLower(sentence[:1]) + sentence[1:]
	if strings.HasPrefix(sentence, "The ") || strings.HasPrefix(sentence, "A ") || strings.HasPrefix(sentence, "Without ") {
		return first
	}
	return sentence
}
