package peertest

import (
	"bytes"
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

	"github.com/hotline-cc/hotline/sip"
)

// sipp is one run of SIPp.
type sipp struct {
	*process
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
	network := s.network
	if network == "" {
		network = sip.UDP
	}
	return s.run(t, e.Addr(network).String())
}

// wait makes SIPp wait for a call.
func (s scenario) wait(t *testing.T) *sipp {
	t.Helper()
	p := s.run(t)
	network := s.network
	if network == "" {
		network = sip.UDP
	}
	p.bound(t, network, p.port)
	return p
}

func (s scenario) run(t *testing.T, args ...string) *sipp {
	t.Helper()
	p := &sipp{t: t, dir: t.TempDir(), port: freePort(t)}
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
	media := freePort(t)
	args = append(args, "-sf", "scenario.xml", "-t", mode, "-m", strconv.Itoa(max(s.calls, 1)),
		"-i", loopback.String(), "-mi", loopback.String(), "-ci", loopback.String(), "-bind_local",
		"-p", strconv.Itoa(int(p.port)), "-mp", strconv.Itoa(int(media)), "-cp", strconv.Itoa(int(freePort(t))),
		"-s", "hotline", "-timeout", "15s", "-timeout_error", "-recv_timeout", "8s", "-nostdin", "-skip_rlimit",
		"-deadcall_wait", "0",
		"-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log")
	args = append(args, s.args...)
	p.process = launch(t, p.dir, "sipp", args...)
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
	case <-s.exited:
	case <-time.After(20 * time.Second):
		s.kill()
	}
	if s.err == nil {
		return
	}
	errors, _ := os.ReadFile(filepath.Join(s.dir, "errors.log"))
	messages, _ := os.ReadFile(filepath.Join(s.dir, "messages.log"))
	const most = 12000
	s.t.Fatalf("sipp: %v\n%s\n%s\n%s", s.err, tail(s.out.Bytes(), 1500), tail(errors, most), tail(messages, most))
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

// sippFuncs are the functions of the scenarios. Addresses are SIPp's keywords.
var sippFuncs = template.FuncMap{
	// open sends a request outside a dialog, or the INVITE that begins one.
	"open": func(method string, seq int, body string, headers ...string) string {
		const uri = "sip:[service]@[remote_ip]:[remote_port];transport=[transport]"
		return request(method, uri, seq, body, append(headers, sides("")...))
	},
	// inside sends a request in the dialog.
	"inside": func(method string, seq int, body string, headers ...string) string {
		return request(method, "[next_url]", seq, body, append(headers, sides("[peer_tag_param]")...))
	},
	// refused confirms a final refusal of an INVITE, which must be the last message.
	"refused": func(seq int) string {
		return same("ACK", "[last_To:]", seq)
	},
	// cancel gives up an INVITE, whose provisional response must be the last message.
	"cancel": func(seq int) string {
		return same("CANCEL", "To: <sip:[service]@[remote_ip]:[remote_port]>", seq)
	},
	// stranger sends a request inside a dialog that does not exist.
	"stranger": func(method string, seq int) string {
		return request(method, "sip:[service]@[remote_ip]:[remote_port]", seq, "", sides(";tag=nobody"))
	},
	// called receives an INVITE that begins a call and keeps what answers to it and requests of the
	// called side need.
	"called": func(actions ...string) string {
		b := strings.Builder{}
		b.WriteString(`<recv request="INVITE" rrs="true"><action>`)
		for _, kept := range [][2]string{{"Via", "via"}, {"From", "caller"}, {"To", "callee"}, {"CSeq", "seq"}} {
			fmt.Fprintf(&b, `<ereg regexp=".*" search_in="hdr" header="%s:" assign_to="%s"/>`, kept[0], kept[1])
		}
		return b.String() + strings.Join(actions, "") + "</action></recv>"
	},
	// reply answers the INVITE that was received by called.
	"reply": func(status, body string, headers ...string) string {
		again := ""
		if strings.HasPrefix(status, "200") {
			again = ` retrans="500"` // until ACK
		}
		return send(again, "SIP/2.0 "+status, append([]string{
			"Via:[$via]", "From:[$caller]", "To:[$callee];tag=[pid]-[call_number]", "Call-ID: [call_id]", "CSeq:[$seq]", contact,
		}, headers...), body)
	},
	// back sends a request in the dialog to who called.
	"back": func(method string, seq int, body string, headers ...string) string {
		return request(method, "[next_url]", seq, body, append(headers, "From:[$callee];tag=[pid]-[call_number]", "To:[$caller]"))
	},
	// replyInside answers the request received last, which is one of a dialog.
	"replyInside": func(status, body string, headers ...string) string {
		again := ""
		if strings.HasPrefix(status, "200") && body != "" {
			again = ` retrans="500"` // until ACK
		}
		return send(again, "SIP/2.0 "+status, append([]string{
			"[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]", contact,
		}, headers...), body)
	},
	"sdp": sippSDP,
	// provisional takes 1xx responses that may come.
	"provisional": func(statuses ...int) string {
		var b strings.Builder
		for _, s := range statuses {
			fmt.Fprintf(&b, "<recv response=\"%d\" optional=\"true\"/>\n", s)
		}
		return b.String()
	},
	// verify sets the variable "good" when a request carries the right credentials.
	"verify": func(name, password string) string {
		return fmt.Sprintf(`<verifyauth assign_to="good" username="%s" password="%s"/>`, name, password)
	},
	// check makes a receive fail whose message does not match a pattern: "msg", "body", or a header.
	"check": func(where, pattern string) string {
		in := fmt.Sprintf(`search_in="hdr" header="%s:"`, where)
		if where == "msg" || where == "body" {
			in = fmt.Sprintf(`search_in="%s"`, where)
		}
		return fmt.Sprintf(`<ereg regexp="%s" %s check_it="true" assign_to="matched"/>`, template.HTMLEscapeString(pattern), in)
	},
}

// g729 is an offer of a codec that we do not have.
const g729 = "v=0\no=sipp 1 9 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\nm=audio [media_port] RTP/AVP 18\na=rtpmap:18 G729/8000"

// sippSDP describes A-law sound and keys at a port, in a direction.
func sippSDP(version int, port, direction string) string {
	return fmt.Sprintf("v=0\no=sipp 1 %d IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\n"+
		"m=audio %s RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=%s", version, port, direction)
}

// contact is where SIPp is reached.
const contact = "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>"

// sides are the From and To of requests of a caller.
func sides(tag string) []string {
	return []string{
		"From: \"SIPp\" <sip:sipp@[local_ip]:[local_port]>;tag=[pid]-[call_number]",
		"To: <sip:[service]@[remote_ip]:[remote_port]>" + tag,
	}
}

func request(method, uri string, seq int, body string, headers []string) string {
	again := ` retrans="500"`
	if method == "ACK" {
		again = ""
	}
	return send(again, method+" "+uri+" SIP/2.0", append([]string{
		"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
		"Call-ID: [call_id]", fmt.Sprintf("CSeq: %d %s", seq, method), contact, "Max-Forwards: 70",
	}, headers...), body)
}

// same sends what belongs to the transaction of an INVITE and so has its branch.
func same(method, to string, seq int) string {
	return send("", method+" sip:[service]@[remote_ip]:[remote_port];transport=[transport] SIP/2.0", []string{
		"[last_Via:]", "[last_From:]", to, "[last_Call-ID:]", fmt.Sprintf("CSeq: %d %s", seq, method), "Max-Forwards: 70",
	}, "")
}

func send(attributes, first string, headers []string, body string) string {
	if body != "" && !strings.Contains(strings.Join(headers, "\n"), "Content-Type:") {
		headers = append(headers, "Content-Type: application/sdp")
	}
	headers = append(headers, "Content-Length: [len]")
	return fmt.Sprintf("<send%s><![CDATA[\n%s\n%s\n\n%s\n]]></send>", attributes, first, strings.Join(headers, "\n"), body)
}
