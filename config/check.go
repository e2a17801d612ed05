package config

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// check looks at what fields mean together. Its problems stand at the line of the field, or of the
// list or section around it when the file leaves the field out.
func (r *reader) check(c *Config) {
	r.checkListen(c.SIP.Listen)
	r.checkUsers(c.SIP.Users)
	r.checkTrunks(c.SIP.Trunks)
	r.must(len(c.SIP.Codecs) > 0, "sip.codecs", "is empty, want at least one of opus, G722, PCMA, PCMU")
	r.once("sip.codecs", c.SIP.Codecs)
	r.must(c.SIP.SessionExpires >= c.SIP.MinSE, "sip.session_expires", "%v, want min_se…24h (min_se is %v)", c.SIP.SessionExpires, c.SIP.MinSE)
	r.must(c.SIP.Advertise == "" || isHost(c.SIP.Advertise), "sip.advertise", "%q, want a host without a port", c.SIP.Advertise)
	r.must(isQuotable(c.SIP.Realm), "sip.realm", "%q, want no quotes, backslashes or control characters", c.SIP.Realm)

	r.must(!c.Media.Advertise.IsValid() || !c.Media.Advertise.IsUnspecified(), "media.advertise", "%v, want an address that others can reach", c.Media.Advertise)
	ports, jitter := c.Media.Ports, c.Media.Jitter
	r.must(c.Media.Silence == 0 || c.Media.Silence >= 2*time.Second, "media.silence", "%v, want 0s or 2s…10m", c.Media.Silence)
	r.must(ports.Low < ports.High, "media.ports.high", "%d, want low+1…65535 (low is %d)", ports.High, ports.Low)
	r.must(jitter.Min <= jitter.Max, "media.jitter.max", "%v, want min…400ms (min is %v)", jitter.Max, jitter.Min)
	r.must(jitter.Min <= jitter.Start && jitter.Start <= jitter.Max, "media.jitter.start", "%v, want min…max (%v…%v)", jitter.Start, jitter.Min, jitter.Max)

	r.checkURL("speech.asr.url", c.Speech.ASR.URL, !c.Speech.Child)
	r.checkURL("speech.tts.url", c.Speech.TTS.URL, !c.Speech.Child)

	r.checkHTTP(c)
	r.checkPeople(c)

	call := c.Call
	r.must(call.VoiceOff <= call.VoiceOn, "call.voice_off", "%v, want 0.01…voice_on (voice_on is %v)", call.VoiceOff, call.VoiceOn)
	r.must(call.EndShort <= call.EndNormal, "call.end_short", "%v, want 1ms…end_normal (%v)", call.EndShort, call.EndNormal)
	r.must(call.EndNormal <= call.EndLong, "call.end_normal", "%v, want end_short…end_long (%v)", call.EndNormal, call.EndLong)
	r.must(call.DecideAfter <= call.YieldAfter, "call.decide_after", "%v, want 1ms…yield_after (%v)", call.DecideAfter, call.YieldAfter)
	r.must(call.FillerAfter <= call.GiveUpAfter, "call.filler_after", "%v, want 1ms…give_up_after (%v)", call.FillerAfter, call.GiveUpAfter)
}

func (r *reader) checkHTTP(c *Config) {
	r.must((c.HTTP.Cert == "") == (c.HTTP.Key == ""), "http.cert", "want both cert and key, or neither")
	for i, origin := range c.HTTP.Origins {
		r.must(origin == "*" || isOrigin(origin), fmt.Sprintf("http.origins[%d]", i), "%q, want https://host without a path, or *", origin)
	}
	r.must(c.Survey.URL == "" || isOrigin(c.Survey.URL), "survey.url", "%q, want https://host without a path, or nothing", c.Survey.URL)
	r.once("http.origins", c.HTTP.Origins)
	r.once("accounts.totp", c.Accounts.TOTP)
	r.must(c.Accounts.Idle <= c.Accounts.Life, "accounts.idle", "%v, want 1m…life (life is %v)", c.Accounts.Idle, c.Accounts.Life)
	storage := string(c.Storage.URL)
	r.must(storage == "" || strings.HasPrefix(storage, "postgres://") || strings.HasPrefix(storage, "postgresql://"),
		"storage.url", "want postgres://user:password@host/name, or nothing for SQLite")
}

// isOrigin tells whether a text is the address of a site without a path.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && text == u.Scheme+"://"+u.Host
}

func (r *reader) checkPeople(c *Config) {
	r.must(len(c.WebRTC.TURN) == 0 || c.WebRTC.TURNSecret != "", "webrtc.turn_secret", "is empty, want the secret shared with the TURN servers")
	for i, a := range c.WebRTC.Advertise {
		r.must(!a.IsUnspecified(), fmt.Sprintf("webrtc.advertise[%d]", i), "%v, want an address that browsers can reach", a)
	}
	r.must(c.Desk.Trunk == "" || slices.ContainsFunc(c.SIP.Trunks, func(t Trunk) bool { return t.Name == c.Desk.Trunk }),
		"desk.trunk", "%q, want the name of one of sip.trunks", c.Desk.Trunk)
	for service, number := range c.Desk.Services {
		r.must(dialable(service) && dialable(number), "desk.services", "%q: %q, want numbers", service, number)
	}
	for i, number := range c.Desk.Allow {
		r.must(dialable(strings.TrimSuffix(number, "*")), fmt.Sprintf("desk.allow[%d]", i), "%q, want a number, or its beginning and *", number)
	}
	r.must(c.Desk.ChatGrace >= c.Desk.Grace, "desk.chat_grace", "%v, want at least desk.grace, %v", c.Desk.ChatGrace, c.Desk.Grace)
}

// dialable tells whether a text is a number that can be called.
func dialable(number string) bool {
	return number != "" && len(number) <= 32 && !strings.ContainsFunc(strings.TrimPrefix(number, "+"), func(r rune) bool { return r < '0' || r > '9' })
}

func (r *reader) checkListen(list []Listen) {
	r.must(len(list) > 0, "sip.listen", "is empty, want at least one {network, address}")
	for i, l := range list {
		field := fmt.Sprintf("sip.listen[%d]", i)
		r.must(l.Network != "", field+".network", "is missing, want udp, tcp, tls")
		r.must(l.Address.IsValid(), field+".address", "is missing, want IP:port")
		secure := l.Network == "tls"
		r.must((l.Cert != "") == secure && (l.Key != "") == secure, field, "want cert and key with tls, and only there")
	}
}

func (r *reader) checkUsers(list []User) {
	known := make([]string, len(list))
	for i, u := range list {
		field := fmt.Sprintf("sip.users[%d]", i)
		known[i] = u.Name
		r.must(u.Name != "" && !holds(u.Name, `@:;<>"\`), field+".name", "%q, want the user part of a SIP address", u.Name)
		r.must((u.Password == "") != (u.HA1 == ""), field, "want either password or ha1")
		r.once(field+".algorithms", u.Algorithms)
		if u.HA1 == "" {
			continue
		}
		hash, err := hex.DecodeString(string(u.HA1))
		algorithm, isHash := map[int]string{16: "MD5", 32: "SHA-256"}[len(hash)]
		r.must(err == nil && isHash, field+".ha1", "want 32 hex digits (MD5) or 64 (SHA-256)")
		r.must(len(u.Algorithms) == 0 || len(u.Algorithms) == 1 && u.Algorithms[0] == algorithm || !isHash,
			field+".algorithms", "%v, want %s as ha1 is", u.Algorithms, algorithm)
	}
	r.once("sip.users", known)
}

func (r *reader) checkTrunks(list []Trunk) {
	known := make([]string, len(list))
	for i, t := range list {
		field := fmt.Sprintf("sip.trunks[%d]", i)
		known[i] = t.Name
		r.must(t.Name != "", field+".name", "is missing, want a name")
		r.must(len(t.Servers) > 0, field+".servers", "is missing, want at least one {network, address}")
		for j, s := range t.Servers {
			server := fmt.Sprintf("%s.servers[%d]", field, j)
			r.must(s.Network != "", server+".network", "is missing, want udp, tcp, tls")
			host, port, err := net.SplitHostPort(s.Address)
			number, portErr := strconv.ParseUint(port, 10, 16)
			r.must(err == nil && portErr == nil && number > 0 && isHost(host), server+".address", "%q, want host:port", s.Address)
		}
		r.must(!t.Register || t.Username != "", field+".username", "is missing, want our name there, as register is on")
		r.must(t.OptionsInterval == 0 || t.OptionsInterval >= 5*time.Second, field+".options_interval", "%v, want 0s or 5s…1h", t.OptionsInterval)
		r.must(t.Advertise == "" || isHost(t.Advertise), field+".advertise", "%q, want a host without a port", t.Advertise)
	}
	r.once("sip.trunks", known)
}

func (r *reader) checkURL(field, text string, required bool) {
	if text == "" {
		r.must(!required, field, "is missing, want a URL, as speech.child is off")
		return
	}
	u, err := url.Parse(text)
	r.must(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil,
		field, "want http://… or https://… without a password")
}

// once says that no value of a list comes twice.
func (r *reader) once(field string, values []string) {
	seen := map[string]bool{}
	for i, v := range values {
		r.must(!seen[v], fmt.Sprintf("%s[%d]", field, i), "%q comes twice", v)
		seen[v] = true
	}
}

func (r *reader) must(holds bool, field, format string, args ...any) {
	if !holds {
		r.wrong(field, r.line(field), format, args...)
	}
}

// line finds the field in the file, or what is around it.
func (r *reader) line(field string) int {
	for {
		if line, set := r.lines[field]; set {
			return line
		}
		end := strings.LastIndexAny(field, ".[")
		if end < 0 {
			return 1
		}
		field = field[:end]
	}
}

// isHost tells whether a text is an IP address or can stand as a host in a SIP header.
func isHost(s string) bool {
	return s != "" && (net.ParseIP(s) != nil || !holds(s, `:/@"<>[];,?()`))
}

// holds tells whether a text has one of some marks, a blank or anything beyond ASCII.
func holds(s, marks string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(marks, r) })
}

// isQuotable tells whether a text may stand between quotes in a SIP header as it is.
func isQuotable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r == '"' || r == '\\' || unicode.IsControl(r) })
}
