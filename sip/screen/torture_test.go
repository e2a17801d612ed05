package screen

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// What becomes of a message besides an answer with a status.
const (
	accepted = 0  // goes on to the call, the registrar or the transaction
	dropped  = -1 // no answer
	refused  = -2 // by sipgo's parser, which is silent
)

// torture says what must become of every message of RFC 4475 that sipgo carries as test data.
var torture = map[string]int{
	// Well formed.
	"dblreq":     accepted, // the first of two requests in one datagram; the rest is beyond Content-Length
	"esc01":      accepted,
	"esc02":      501, // RE%47IST%45R is not REGISTER
	"escnull":    accepted,
	"intmeth":    dropped, // legal, but we never send a NUL, which the answer would have to repeat
	"longreq":    accepted,
	"lwsdisp":    accepted,
	"mpart01":    405, // MESSAGE
	"noreason":   accepted,
	"semiuri":    accepted,
	"transports": accepted,
	"unreason":   accepted,
	"wsinv":      accepted,

	// Legal or tolerable.
	"inv2543":  accepted,
	"baddate":  accepted,
	"cparam01": accepted,
	"cparam02": accepted,
	"regescrt": accepted,
	"regaut01": accepted, // the registrar's: an unknown scheme is no credentials, so 401
	"unksm2":   accepted, // the registrar's as well: 404
	"zeromf":   accepted, // we do not forward

	// Ours to refuse.
	"badbranch":  400,
	"badvers":    505,
	"insuf":      400,
	"mcl01":      400,
	"multi01":    400,
	"mismatch01": 400,
	"mismatch02": 501,
	"escruri":    400,
	"regbadct":   400,
	"unkscm":     416,
	"bext01":     420,
	"invut":      415,
	"sdp01":      406,
	"bcast":      dropped,

	"badaspec": refused,
	"baddn":    refused,
	"badinv01": refused,
	"bigcode":  refused,
	"clerr":    refused,
	"ltgtruri": refused,
	"lwsruri":  refused,
	"lwsstart": refused,
	"ncl":      refused,
	"novelsc":  refused,
	"quotbal":  refused,
	"scalar02": refused,
	"scalarlg": refused,
	"test":     refused, // not of the RFC
	"trws":     refused,
}

// tortureMessages reads the messages out of the module of sipgo, by name.
func tortureMessages(t testing.TB) map[string][]byte {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/emiago/sipgo").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "sip/testdata/torture/*/*.dat"))
	if err != nil {
		t.Fatal(err)
	}
	messages := make(map[string][]byte, len(files))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		messages[strings.TrimSuffix(filepath.Base(f), ".dat")] = data
	}
	return messages
}

func TestTortureMessagesGetTheirOutcome(t *testing.T) {
	messages := tortureMessages(t)
	for name, want := range torture {
		data, found := messages[name]
		if !found {
			t.Errorf("%s: in the table but not in the module", name)
			continue
		}
		delete(messages, name)
		if got := outcome(t, data); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	for name := range messages {
		t.Errorf("%s: has no row in the table", name)
	}
}

func outcome(t *testing.T, data []byte) int {
	msg, err := NewParser().ParseSIP(data)
	if err != nil {
		return refused
	}
	switch m := msg.(type) {
	case *sip.Request:
		v := Request(m)
		switch {
		case v == nil:
			return accepted
		case v.Drop:
			return dropped
		}
		if err := Outgoing(v.Response(m)); err != nil {
			t.Errorf("answer %d cannot be sent: %v", v.Status, err)
		}
		return v.Status
	case *sip.Response:
		// As if every message with a 192.0.2.105 or .198 in its topmost Via were an answer to us.
		if Response(m, func(host string, _ int) bool { return host == "192.0.2.105" || host == "192.0.2.198" }) {
			return accepted
		}
		return dropped
	}
	return refused
}

func TestContactParametersAreNotURIParameters(t *testing.T) {
	messages := tortureMessages(t)
	for name, inURI := range map[string]bool{"cparam01": false, "cparam02": true} {
		msg, err := NewParser().ParseSIP(messages[name])
		if err != nil {
			t.Fatal(err)
		}
		contact := msg.(*sip.Request).Contact()
		if got := contact.Address.UriParams.Has("unknownparam"); got != inURI {
			t.Errorf("%s: parameter in the URI: %v, want %v", name, got, inURI)
		}
		if got := contact.Params.Has("unknownparam"); got == inURI {
			t.Errorf("%s: parameter of the header: %v, want %v", name, got, !inURI)
		}
	}
}
