package peer

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/tone"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/sip"
)

// modules is where Debian puts the modules of baresip.
const modules = "/usr/lib/baresip/modules"

// Baresip is a softphone. It sings a tone and records what it hears.
type Baresip struct {
	*Process
	Address netip.AddrPort // where it takes calls, over UDP and TCP

	t       testing.TB
	dir     string
	control net.Conn
	events  chan Event
	numbers map[string]string // addresses of the accounts, by user
}

// Account is a number that the phone has.
type Account struct {
	User     string
	Server   netip.AddrPort // of its registrar and proxy
	Network  string         // sip.UDP when empty
	Password string         // none registers as nobody
	Codec    string         // as baresip names it: "pcma", "opus/48000/2"
	SRTP     bool
	Manual   bool // calls wait for the command "accept"
}

// Event is a message of baresip's ctrl_tcp.
type Event struct {
	Event bool   `json:"event"`
	Type  string `json:"type"`
	Param string `json:"param"`
}

// StartBaresip starts a phone that sings a tone in Hz. It trusts the certificate, PEM, unless that is nil. All accounts have the codec of
// the first.
func StartBaresip(t testing.TB, hertz float64, certificate []byte, accounts ...Account) *Baresip {
	t.Helper()
	port := FreePorts(t) // the next is for TLS
	control := port + 2
	p := &Baresip{t: t, dir: t.TempDir(), Address: netip.AddrPortFrom(loopback, port), events: make(chan Event, 100), numbers: map[string]string{}}
	settings := []string{
		"poll_method epoll", "net_interface " + loopback.String(), fmt.Sprintf("sip_listen %v", p.Address),
		"audio_source aufile," + filepath.Join(p.dir, "song.wav"), "audio_alert none", "audio_level no", "statmode_default off", "snd_path " + p.dir, "module_path " + modules,
		fmt.Sprintf("ctrl_tcp_listen %v", netip.AddrPortFrom(loopback, control)),
	}
	if accounts[0].Manual {
		settings = append(settings, "call_max_calls 1") // as most phones on a desk have one line
	}
	if certificate != nil {
		settings = append(settings, "sip_cafile "+filepath.Join(p.dir, "ca.pem"))
	}
	for _, m := range []string{"g711", "g722", "opus", "srtp", "aufile", "sndfile"} {
		settings = append(settings, "module "+m+".so")
	}
	settings = append(settings, "module_tmp account.so", "module_app menu.so", "module_app ctrl_tcp.so")
	p.write("config", strings.Join(settings, "\n"))
	p.write("accounts", "")
	p.write("ca.pem", string(certificate))
	p.write("song.wav", string(song(t, hertz, formatOf(accounts[0].Codec))))
	p.Process = Launch(t, p.dir, "baresip", "-f", p.dir, "-v", "-t", "1200")
	p.Bound(t, "tcp", control)
	conn, err := net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, control)))
	if err != nil {
		t.Fatal(err)
	}
	p.control = conn
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.listen()
	}()
	for _, a := range accounts {
		p.Do("uanew", a.line())
		p.numbers[a.User] = fmt.Sprintf("sip:%s@%v", a.User, a.Server)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		<-ended
		if t.Failed() {
			p.Kill()
			t.Logf("baresip:\n%s", bytes.TrimSpace(p.Out.Bytes()[max(0, p.Out.Len()-12000):]))
		}
	})
	return p
}

// During is the same phone, whose failures are those of another test.
func (p *Baresip) During(t testing.TB) *Baresip {
	other := *p
	other.t = t
	return &other
}

// line is the account in baresip's words.
func (a Account) line() string {
	line := fmt.Sprintf("<sip:%s@%v;transport=%s>;audio_codecs=%s;ptime=20", a.User, a.Server, cmp.Or(a.Network, sip.UDP), a.Codec)
	if !a.Manual {
		line += ";answermode=auto"
	}
	if a.SRTP {
		line += ";mediaenc=srtp-mand"
	}
	if a.Password == "" {
		return line + ";regint=0"
	}
	return line + ";regint=600;auth_user=" + a.User + ";auth_pass=" + a.Password
}

// formatOf is the format of the sound that a codec takes from a file.
func formatOf(codec string) media.Format {
	f := media.Mono(8000)
	if parts := strings.Split(codec, "/"); len(parts) == 3 {
		f.Rate, _ = strconv.Atoi(parts[1])
		f.Channels, _ = strconv.Atoi(parts[2])
	}
	return f
}

func (p *Baresip) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text+"\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// song is a tone as a file, longer than any call: baresip hangs up at its end. At 8 kHz it lasts two minutes.
func song(t testing.TB, hertz float64, f media.Format) []byte {
	t.Helper()
	g, err := tone.NewGenerator(tone.Pattern{Hz: [2]float64{hertz, 0}, Level: -20}, f.Rate)
	if err != nil {
		t.Fatal(err)
	}
	mono := make([]int16, 1e6)
	g.ReadFrame(mono)
	pcm := make([]int16, 0, len(mono)*f.Channels)
	for _, s := range mono {
		for range f.Channels {
			pcm = append(pcm, s)
		}
	}
	return wav.Append(nil, pcm, f)
}

// listen reads the netstrings of baresip until it hangs up.
func (p *Baresip) listen() {
	r := bufio.NewReader(p.control)
	for {
		length, err := r.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
		if err != nil || n > 1<<20 {
			return
		}
		data := make([]byte, n+1) // and a comma
		if _, err := io.ReadFull(r, data); err != nil {
			return
		}
		var e Event
		if json.Unmarshal(data[:n], &e) == nil && e.Event {
			select {
			case p.events <- e:
			default:
			}
		}
	}
}

// Do gives baresip a command.
func (p *Baresip) Do(command, params string) {
	p.t.Helper()
	data, err := json.Marshal(map[string]string{"command": command, "params": params})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(p.control, "%d:%s,", len(data), data); err != nil {
		p.t.Fatal(err)
	}
}

// HangUp ends or refuses (486) the call of an account. The command alone is for the account that was used last.
func (p *Baresip) HangUp(user string) {
	p.t.Helper()
	p.As(user, "hangup")
}

// As gives a command for the call of an account.
func (p *Baresip) As(user, command string) {
	p.t.Helper()
	p.Do("uafind", p.numbers[user])
	p.Do(command, "")
}

// Wait waits for an event. Those before it are forgotten.
func (p *Baresip) Wait(kind string) Event {
	p.t.Helper()
	timeout := time.After(patience)
	var seen []Event
	for {
		select {
		case e := <-p.events:
			if e.Type == kind {
				return e
			}
			seen = append(seen, e)
		case <-p.Exited:
			p.t.Fatalf("baresip has ended: %v", p.Err)
		case <-timeout:
			p.t.Fatalf("no %s but %v", kind, seen)
		}
	}
}

// patience is how long is waited for anything.
const patience = 10 * time.Second

// Hear waits until the phone has recorded a tone for 300 ms more.
func (p *Baresip) Hear(hertz float64) {
	p.t.Helper()
	const enough = 300 * time.Millisecond
	before := p.Heard(hertz)
	timeout := time.After(patience)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for p.Heard(hertz) < before+enough {
		select {
		case <-poll.C:
		case <-timeout:
			p.t.Fatalf("the phone has heard %g Hz for %v before and %v in all", hertz, before, p.Heard(hertz))
		}
	}
}

// Heard reports how long the phone has heard a tone, as its recordings tell.
func (p *Baresip) Heard(hertz float64) time.Duration {
	p.t.Helper()
	var all time.Duration
	for _, name := range p.recordings() {
		pcm, rate := p.read(name)
		d, err := tone.NewDetector(hertz, rate)
		if err != nil {
			p.t.Fatal(err)
		}
		step := media.Mono(rate).TickSamples()
		for ; len(pcm) >= step; pcm = pcm[step:] {
			if Holds(d, pcm[:step]) {
				all += media.Tick
			}
		}
	}
	return all
}

// Recorded returns what the phone has heard in its latest call, and the rate.
func (p *Baresip) Recorded() ([]int16, int) {
	p.t.Helper()
	names := p.recordings()
	if len(names) == 0 {
		return nil, 0
	}
	return p.read(names[len(names)-1])
}

// recordings are the files of what was heard, the latest last: their names hold the time.
func (p *Baresip) recordings() []string {
	p.t.Helper()
	names, err := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	if err != nil {
		p.t.Fatal(err)
	}
	return names
}

// wavHeader is how long a file without sound is; silentRate is the rate of one that is not even that.
const wavHeader, silentRate = 44, 8000

func (p *Baresip) read(name string) ([]int16, int) {
	p.t.Helper()
	f, err := os.Open(name)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() < wavHeader {
		return nil, silentRate // nothing is written yet
	}
	pcm, format, err := wav.Read(f)
	if err != nil {
		p.t.Fatal(err)
	}
	return pcm, format.Rate
}

// Holds reports whether sound is mostly one tone, and loud enough to be meant.
func Holds(d tone.Detector, pcm []int16) bool {
	const least = 1e4 // mean square, -50 dB
	all := tone.MeanPower(pcm)
	return all > least && d.Power(pcm) > all/2
}
