package peertest

import (
	"bufio"
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

// phone is a baresip with one account. It sings the peer's tone and records what it hears.
type phone struct {
	*process
	t       *testing.T
	dir     string
	network string
	control net.Conn
	events  chan event
}

// account says how a phone is set up.
type account struct {
	codec    string // as baresip names it: "pcma", "opus/48000/2"
	rate     int    // Hz, and channels, of the sound that its codec takes from a file
	channels int
	srtp     bool
	network  string // sip.UDP when empty
	password string // none registers as nobody
}

// event is a message of baresip's ctrl_tcp.
type event struct {
	Event bool   `json:"event"`
	Type  string `json:"type"`
	Param string `json:"param"`
}

// newPhone starts baresip for an Endpoint.
func newPhone(t *testing.T, e gateway, a account) *phone {
	t.Helper()
	p := &phone{t: t, dir: t.TempDir(), network: cmp.Or(a.network, sip.UDP), events: make(chan event, 100)}
	port := freePorts(t) // the next is for TLS
	control := port + 2
	settings := []string{
		"poll_method epoll", "net_interface " + loopback.String(), fmt.Sprintf("sip_listen %v", netip.AddrPortFrom(loopback, port)),
		"audio_source aufile," + filepath.Join(p.dir, "song.wav"), "audio_alert none", "audio_level no",
		"sip_cafile " + filepath.Join(p.dir, "ca.pem"), "snd_path " + p.dir, "module_path " + modules,
		fmt.Sprintf("ctrl_tcp_listen %v", netip.AddrPortFrom(loopback, control)),
	}
	for _, m := range []string{"g711", "g722", "opus", "srtp", "aufile", "sndfile"} {
		settings = append(settings, "module "+m+".so")
	}
	settings = append(settings, "module_tmp account.so", "module_app menu.so", "module_app ctrl_tcp.so")
	line := fmt.Sprintf("<sip:8001@%v;transport=%s>;audio_codecs=%s;answermode=auto;ptime=20;regint=", e.Addr(p.network), p.network, a.codec)
	if a.password != "" {
		line += "600;auth_user=8001;auth_pass=" + a.password
	} else {
		line += "0"
	}
	if a.srtp {
		line += ";mediaenc=srtp-mand"
	}
	p.write("config", strings.Join(settings, "\n"))
	p.write("accounts", "")
	p.write("ca.pem", string(e.certificate))
	p.write("song.wav", string(song(t, media.Format{Rate: a.rate, Channels: a.channels})))
	p.process = launch(t, p.dir, "baresip", "-f", p.dir, "-v", "-t", "60")
	p.bound(t, "tcp", control)
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
	p.do("uanew", line)
	t.Cleanup(func() {
		conn.Close()
		<-ended
		if t.Failed() {
			p.kill()
			t.Logf("baresip:\n%s", tail(p.out.Bytes(), 12000))
		}
	})
	return p
}

func (p *phone) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text+"\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// song is the peer's tone as a file, longer than any call.
func song(t *testing.T, f media.Format) []byte {
	t.Helper()
	g, err := tone.NewGenerator(tone.Pattern{Hz: [2]float64{peerTone, 0}, Level: -20}, f.Rate)
	if err != nil {
		t.Fatal(err)
	}
	mono := make([]int16, 20*f.Rate)
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
func (p *phone) listen() {
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
		var e event
		if json.Unmarshal(data[:n], &e) == nil && e.Event {
			select {
			case p.events <- e:
			default:
			}
		}
	}
}

// do gives baresip a command.
func (p *phone) do(command, params string) {
	p.t.Helper()
	data, err := json.Marshal(map[string]string{"command": command, "params": params})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(p.control, "%d:%s,", len(data), data); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits for an event.
func (p *phone) wait(kind string) event {
	p.t.Helper()
	timeout := time.After(8 * time.Second)
	var seen []event
	for {
		select {
		case e := <-p.events:
			if e.Type == kind {
				return e
			}
			seen = append(seen, e)
		case <-p.exited:
			p.t.Fatalf("baresip has ended: %v", p.err)
		case <-timeout:
			p.t.Fatalf("no %s but %v", kind, seen)
		}
	}
}

// hear waits until the phone has recorded our tone for 300 ms more.
func (p *phone) hear() {
	p.t.Helper()
	const enough = 300 * time.Millisecond
	before := p.heard()
	timeout := time.After(8 * time.Second)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for p.heard() < before+enough {
		select {
		case <-poll.C:
		case <-timeout:
			p.t.Fatalf("the phone has heard our tone for %v before and %v in all", before, p.heard())
		}
	}
}

// heard reports how long the phone has heard our tone, as its recording tells.
func (p *phone) heard() time.Duration {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	if err != nil {
		p.t.Fatal(err)
	}
	var all time.Duration
	for _, name := range files {
		pcm, format, err := wav.ReadFile(name)
		if err != nil {
			p.t.Fatal(err)
		}
		d, err := tone.NewDetector(ourTone, format.Rate)
		if err != nil {
			p.t.Fatal(err)
		}
		step := media.Mono(format.Rate).TickSamples()
		for ; len(pcm) >= step; pcm = pcm[step:] {
			if holds(d, pcm[:step]) {
				all += media.Tick
			}
		}
	}
	return all
}
