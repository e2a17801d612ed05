package peertest

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/hotline-cc/hotline/internal/testkit/peer"
	"github.com/hotline-cc/hotline/sip"
)

// sipp is one run of SIPp.
type sipp struct {
	*peer.Process
	t    *testing.T
	dir  string
	port uint16
}

// scenario says how SIPp is run.
type scenario struct {
	name    string         // of the file in testdata, without .xml
	vars    map[string]any // for the template
	network string         // sip.UDP when empty
	calls   int            // 1 when 0
	args    []string
	files   map[string][]byte // put into its folder
}

// call makes SIPp call an Endpoint.
func (s scenario) call(t *testing.T, e gateway) *sipp {
	t.Helper()
	at := e.Addr(cmp.Or(s.network, sip.UDP))
	return s.run(t, hereFor(at.Addr()), at.String())
}

// wait makes SIPp wait for a call.
func (s scenario) wait(t *testing.T) *sipp {
	t.Helper()
	p := s.run(t, loopback)
	p.Bound(t, cmp.Or(s.network, sip.UDP), p.port)
	return p
}

// hereFor returns the loopback address of the family of another address.
func hereFor(other netip.Addr) netip.Addr {
	if other.Is6() {
		return netip.IPv6Loopback()
	}
	return loopback
}

func (s scenario) run(t *testing.T, here netip.Addr, args ...string) *sipp {
	t.Helper()
	p := &sipp{t: t, dir: t.TempDir(), port: peer.FreePorts(t)}
	s.write(t, p.dir)
	for name, data := range s.files {
		if err := os.WriteFile(filepath.Join(p.dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mode := "u1"
	if s.network == sip.TCP {
		mode = "t1"
	}
	number := func(above int) string { return strconv.Itoa(int(p.port) + above) }
	args = append(args, "-sf", "scenario.xml", "-t", mode, "-m", strconv.Itoa(max(s.calls, 1)),
		"-i", here.String(), "-mi", here.String(), "-ci", loopback.String(), "-bind_local",
		"-p", number(0), "-cp", number(1), "-mp", number(2),
		"-s", "hotline", "-timeout", "15s", "-timeout_error", "-recv_timeout", "8s", "-nostdin", "-skip_rlimit",
		"-deadcall_wait", "0",
		"-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log")
	args = append(args, s.args...)
	p.Process = peer.Launch(t, p.dir, "sipp", args...)
	return p
}

// write makes the scenario file.
func (s scenario) write(t *testing.T, dir string) {
	t.Helper()
	name := s.name + ".xml"
	tmpl, err := template.New(name).Funcs(sippFuncs).ParseFiles(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=%q>\n", s.name)
	if err := tmpl.Option("missingkey=error").Execute(&b, s.vars); err != nil {
		t.Fatal(err)
	}
	var assigned []string
	for _, found := range regexp.MustCompile(`assign_to="(\w+)"`).FindAllStringSubmatch(b.String(), -1) {
		if !slices.Contains(assigned, found[1]) {
			assigned = append(assigned, found[1])
		}
	}
	if assigned != nil { // or SIPp complains about those that nobody uses
		fmt.Fprintf(&b, "<Reference variables=%q/>\n", strings.Join(assigned, ","))
	}
	b.WriteString("</scenario>\n")
	if err := os.WriteFile(filepath.Join(dir, "scenario.xml"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// uri is where SIPp waits.
func (s *sipp) uri(network string) string {
	return fmt.Sprintf("sip:sipp@%v;transport=%s", netip.AddrPortFrom(loopback, s.port), network)
}

// done waits until every call of the scenario went as written.
func (s *sipp) done() {
	s.t.Helper()
	select {
	case <-s.Exited:
	case <-time.After(20 * time.Second):
		s.Kill()
	}
	if s.Err == nil {
		return
	}
	errors, _ := os.ReadFile(filepath.Join(s.dir, "errors.log"))
	messages, _ := os.ReadFile(filepath.Join(s.dir, "messages.log"))
	const most = 12000
	s.t.Fatalf("sipp: %v\n%s\n%s\n%s", s.Err, tail(s.Out.Bytes(), 1500), tail(errors, most), tail(messages, most))
}

// await waits until SIPp has sent or received what holds some text.
func (s *sipp) await(text string) {
	s.t.Helper()
	deadline := time.After(8 * time.Second)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		messages, _ := os.ReadFile(filepath.Join(s.dir, "messages.log"))
		if bytes.Contains(messages, []byte(text)) {
			return
		}
		select {
		case <-poll.C:
		case <-deadline:
			s.t.Fatalf("no %q in\n%s", text, messages)
		}
	}
}

func tail(b []byte, most int) []byte { return b[max(0, len(b)-most):] }
