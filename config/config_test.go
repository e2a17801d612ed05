package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hotline-cc/hotline"
)

// same compares configurations; the addresses of net/netip hide their fields.
var same = cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}, netip.Prefix{})

func TestSampleHoldsTheDefaults(t *testing.T) {
	loaded, err := Load("hotline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), loaded, same); diff != "" {
		t.Error(diff)
	}
	if Sample() != string(readFile(t, "hotline.yaml")) {
		t.Error("the sample is not the file")
	}
}

// A setting that the sample leaves out would pass the comparison with the defaults.
func TestSampleNamesEverySetting(t *testing.T) {
	for setting := range strings.SplitSeq(Default().String(), "\n") {
		name, _, isSetting := strings.Cut(strings.TrimLeft(setting, " -"), ":")
		isSetting = isSetting && !strings.ContainsAny(name, ".") // else it is an address in a list
		if isSetting && !regexp.MustCompile(`(?m)(^|[ {])`+name+`:`).MatchString(Sample()) {
			t.Errorf("the sample does not name %s", name)
		}
	}
}

func TestExamplesInTheSampleAreValid(t *testing.T) {
	t.Setenv("HOTLINE_USER_1001", "secret")
	t.Setenv("HOTLINE_TRUNK_PASSWORD", "secret")
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "1002.ha1"), strings.Repeat("0f", 16)+"\n")
	text := regexp.MustCompile(`(?m)^( *)#\| `).ReplaceAllString(Sample(), "$1")
	text = strings.NewReplacer("users: []", "users:", "trunks: []", "trunks:").Replace(text)
	path := filepath.Join(dir, "hotline.yaml")
	writeFile(t, path, text)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.SIP.Listen) != 3 || len(c.SIP.Users) != 3 || len(c.SIP.Trunks) != 1 {
		t.Fatalf("%d listeners, %d users, %d trunks; want 3, 3, 1", len(c.SIP.Listen), len(c.SIP.Users), len(c.SIP.Trunks))
	}
	if got := string(c.SIP.Users[1].HA1); got != strings.Repeat("0f", 16) {
		t.Errorf("ha1 from its file is %q", got)
	}
	if got := string(c.SIP.Trunks[0].Password); got != "secret" {
		t.Errorf("password from the environment is %q", got)
	}
}

func TestWhatIsLeftOutKeepsItsDefault(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "sip:\n", "sip:\n  limits: {calls: 40}\n"} {
		c, err := parse([]byte(text), "x.yaml")
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(Default(), c, same); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	c, err := parse([]byte("sip: {trunks: [{name: pbx, servers: [{network: udp, address: 'pbx:5060'}]}]}"), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if trunk := c.SIP.Trunks[0]; trunk.Expires != 10*60e9 || trunk.OptionsInterval != 30e9 {
		t.Errorf("a trunk expires after %v and is asked every %v", trunk.Expires, trunk.OptionsInterval)
	}
}

func TestErrorsNameFieldRangeAndLine(t *testing.T) {
	t.Setenv("EMPTY", "")
	for _, c := range []struct{ text, want string }{
		{"data: ''", `x.yaml:1: data: "", want a folder`},
		{"sip:\n  limits:\n    calls: many", `x.yaml:3: sip.limits.calls: "many" is no whole number, want 1…10000`},
		{"sip:\n  limits:\n    calls: 0", `x.yaml:3: sip.limits.calls: "0", want 1…10000`},
		{"sip:\n  limits:\n    calls: 2.5", `x.yaml:3: sip.limits.calls: "2.5" is no whole number, want 1…10000`},
		{"sip:\n  limit: {}", "x.yaml:2: sip.limit: unknown setting, want one of listen, advertise, realm"},
		{"log: {level: info}\nlog: {level: warn}", "x.yaml:2: log: set twice"},
		{"sip:\n  srtp: maybe", `x.yaml:2: sip.srtp: "maybe", want off, optional, required`},
		{"sip:\n  codecs: [PCMA, G729]", `x.yaml:2: sip.codecs[1]: "G729", want opus, G722, PCMA, PCMU`},
		{"sip:\n  codecs: []", "x.yaml:2: sip.codecs: is empty, want at least one of opus, G722, PCMA, PCMU"},
		{"sip:\n  codecs: [PCMA, PCMA]", `x.yaml:2: sip.codecs[1]: "PCMA" comes twice`},
		{"sip:\n  codecs: PCMA", "x.yaml:2: sip.codecs: want a list, want opus, G722, PCMA, PCMU"},
		{"sip:\n  require_auth: perhaps", `x.yaml:2: sip.require_auth: "perhaps" is no true or false`},
		{"sip:\n  min_se: 30s", `x.yaml:2: sip.min_se: "30s", want 90s…24h`},
		{"sip:\n  session_expires: 30", `x.yaml:2: sip.session_expires: "30" is no time such as 20ms, want 90s…24h`},
		{"sip:\n  session_expires: 2m\n  min_se: 3m", "x.yaml:2: sip.session_expires: 2m0s, want min_se…24h (min_se is 3m0s)"},
		{"sip:\n  realm: 'a\"b'", `x.yaml:2: sip.realm: "a\"b", want no quotes, backslashes or control characters`},
		{"sip:\n  advertise: host:5060", `x.yaml:2: sip.advertise: "host:5060", want a host without a port`},
		{"sip:\n  advertise: 'a(b'", `x.yaml:2: sip.advertise: "a(b", want a host without a port`},
		{"sip:\n  users: [{name: 'a@b', password: x}]", `x.yaml:2: sip.users[0].name: "a@b", want the user part of a SIP address`},
		{"sip:\n  users: [{password: x}]", `x.yaml:2: sip.users[0].name: "", want the user part`},
		{"sip:\n  listen: [{network: udp, address: '5060'}]", `x.yaml:2: sip.listen[0].address: "5060" is no address with a port, want IP:port`},
		{"sip:\n  listen: [{network: udp}]", "x.yaml:2: sip.listen[0].address: is missing, want IP:port"},
		{"sip:\n  listen: [{network: tls, address: ':::5061'}]", `x.yaml:2: sip.listen[0].address: ":::5061" is no address with a port`},
		{"sip:\n  listen: [{network: tls, address: '[::]:5061'}]", "x.yaml:2: sip.listen[0]: want cert and key with tls, and only there"},
		{"sip:\n  listen: []", "x.yaml:2: sip.listen: is empty"},
		{"sip:\n  users:\n  - {name: a}", "x.yaml:3: sip.users[0]: want either password or ha1"},
		{"sip:\n  users:\n  - {name: a, password: '${EMPTY}'}", "x.yaml:3: sip.users[0].password: environment variable EMPTY is not set"},
		{"sip:\n  users:\n  - {name: a, password: 'file:nowhere'}", "x.yaml:3: sip.users[0].password: open nowhere: no such file"},
		{"sip:\n  users:\n  - {name: a, ha1: abc}", "x.yaml:3: sip.users[0].ha1: want 32 hex digits (MD5) or 64 (SHA-256)"},
		{"sip:\n  users:\n  - {name: a, algorithms: [SHA-256], ha1: " + strings.Repeat("0f", 16) + "}", "x.yaml:3: sip.users[0].algorithms: [SHA-256], want MD5 as ha1 is"},
		{"sip:\n  users: [{name: a, password: x}, {name: a, password: y}]", `x.yaml:2: sip.users[1]: "a" comes twice`},
		{"sip:\n  trunks: [{name: a}]", "x.yaml:2: sip.trunks[0].servers: is missing"},
		{"sip:\n  trunks:\n  - name: a\n    servers: [{network: udp, address: pbx}]", `x.yaml:4: sip.trunks[0].servers[0].address: "pbx", want host:port`},
		{"sip:\n  trunks:\n  - name: a\n    options_interval: 1s\n    servers: [{network: udp, address: 'pbx:5060'}]", "x.yaml:4: sip.trunks[0].options_interval: 1s, want 0s or 5s…1h"},
		{"sip:\n  trunks:\n  - name: a\n    sources: [10.0.0.0/33]", `x.yaml:4: sip.trunks[0].sources[0]: "10.0.0.0/33" is no IP prefix, want IP prefix such as 203.0.113.0/24`},
		{"media:\n  ports: {low: 30000}", "x.yaml:2: media.ports.high: 20999, want low+1…65535 (low is 30000)"},
		{"media:\n  ports: {low: 80}", `x.yaml:2: media.ports.low: "80", want 1024…65535`},
		{"media:\n  advertise: 0.0.0.0", "x.yaml:2: media.advertise: 0.0.0.0, want an address that others can reach"},
		{"media:\n  address: ''", `x.yaml:2: media.address: "invalid IP", want an IP address`},
		{"media:\n  jitter: {min: 100ms, start: 60ms}", "x.yaml:2: media.jitter.start: 60ms, want min…max (100ms…200ms)"},
		{"speech:\n  memory_limit: 3 GB", `x.yaml:2: speech.memory_limit: "3 GB" is no size such as 64MiB, want 512MiB…1TiB`},
		{"speech:\n  memory_limit: 9999999999TiB", `x.yaml:2: speech.memory_limit: "9999999999TiB" is no size`},
		{"speech:\n  child: false", "x.yaml:2: speech.asr.url: is missing, want a URL, as speech.child is off"},
		{"speech:\n  asr: {url: 'ftp://x'}", "x.yaml:2: speech.asr.url: want http://… or https://… without a password"},
		{"speech:\n  tts:\n    speed: .nan", `x.yaml:3: speech.tts.speed: "NaN", want 0.5…2`},
		{"call:\n  voice_off: 0.6", "x.yaml:2: call.voice_off: 0.6, want 0.01…voice_on (voice_on is 0.5)"},
		{"call:\n  onset:", "x.yaml:2: call.onset: has no value, want 1ms…30s"},
		{"http: {listen: localhost}", `x.yaml:1: http.listen: "localhost" is no address with a port, want IP:port or nothing`},
		{"survey: {url: 'https://host/survey/'}", `x.yaml:1: survey.url: "https://host/survey/", want https://host without a path, or nothing`},
		{"survey: {life: 0s}", `x.yaml:1: survey.life: "0s", want 1h…2160h`},
		{"- a", "x.yaml:1: want settings, one per line: data, drain_timeout"},
		{"data: &a x\nlog: *a", "x.yaml:2: log: aliases are not understood"},
		{"data: a\n---\ndata: b", "x.yaml:2: want one document"},
		{"data: [", "x.yaml: yaml: line 1"},
	} {
		_, err := parse([]byte(c.text), "x.yaml")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
		}
		if hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%q: code %s", c.text, hotline.CodeOf(err))
		}
	}
}

func TestAllProblemsAreToldInTheOrderOfLines(t *testing.T) {
	_, err := parse([]byte("log: {level: loud}\nsip:\n  srtp: maybe\n  limits: {calls: 0}\n"), "x.yaml")
	if err == nil {
		t.Fatal("no error")
	}
	got := regexp.MustCompile(`x\.yaml:\d`).FindAllString(err.Error(), -1)
	if diff := cmp.Diff([]string{"x.yaml:1", "x.yaml:3", "x.yaml:4"}, got); diff != "" {
		t.Error(diff, err)
	}
}

func TestFilesThatCannotBeReadAreErrors(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	writeFile(t, large, strings.Repeat("#", maxFile+1))
	for _, path := range []string{filepath.Join(dir, "none.yaml"), dir, large} {
		if _, err := Load(path); hotline.CodeOf(err) != hotline.CodeInvalid || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	const hidden = "tiger-7"
	c, err := parse([]byte("sip: {users: [{name: a, password: "+hidden+"}]}\nspeech: {asr: {api_key: "+hidden+"}}"), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if string(c.SIP.Users[0].Password) != hidden {
		t.Fatalf("password %q", string(c.SIP.Users[0].Password))
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "key", c.Speech.ASR.APIKey, "config", c)
	user := c.SIP.Users[0]
	_, wrong := parse([]byte("sip: {users: [{name: a, password: ["+hidden+"]}]}"), "x.yaml")
	for _, text := range []string{
		c.String(), string(encoded), logged.String(), fmt.Sprint(user), fmt.Sprintf("%v %+v %#v %s %q", user, user, user, user.Password, user.Password), wrong.Error(),
	} {
		if strings.Contains(text, hidden) {
			t.Errorf("%s", text)
		}
	}
	if !strings.Contains(c.String(), "***") {
		t.Error("the configuration does not show that there is a secret")
	}
}

func TestSizesKeepTheirUnit(t *testing.T) {
	for text, want := range map[string]Bytes{"0": 0, "17": 17, "3GiB": 3 << 30, "2 MiB": 2 << 20, "1TiB": 1 << 40, "1537KiB": 1537 << 10} {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want {
			t.Errorf("%s: %d, %v", text, b, err)
		}
		if got := b.String(); got != strings.ReplaceAll(text, " ", "") {
			t.Errorf("%s is written %s", text, got)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "1.5GiB", "1GB", "9223372036854775807KiB"} {
		if err := new(Bytes).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// Whatever is accepted comes back the same when it is printed and read again.
func FuzzParse(f *testing.F) {
	f.Add(Sample())
	f.Add("sip:\n  trunks: [{name: a, servers: [{network: tls, address: '[::1]:5061'}], sources: [10.0.0.0/8]}]")
	f.Add("speech: {child: false, asr: {url: 'http://a'}, tts: {url: 'https://b/v1', speed: 0.75}}")
	f.Add("media: {address: '::', ports: {low: 1024, high: 65535}}\nhttp: {listen: ''}")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "file:") || strings.Contains(text, "***") {
			return
		}
		c, err := parse([]byte(text), "x.yaml")
		if err != nil {
			return
		}
		if strings.Contains(c.String(), "***") {
			return // secrets do not come back
		}
		again, err := parse([]byte(c.String()), "x.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, again, same, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
