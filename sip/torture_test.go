package sip

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
)

// silence is no answer at all.
const silence = 0

// tortured says how the Endpoint of this test answers every message of RFC 4475 that sipgo carries
// as test data. Calls that pass are refused with 486.
var tortured = map[string]int{
	"baddate": 486, "esc01": 486, "inv2543": 486, "longreq": 486,
	"lwsdisp": 200, "semiuri": 200, "transports": 200, "zeromf": 200, // OPTIONS
	"cparam01": 401, "cparam02": 401, "dblreq": 401, "escnull": 401, "regaut01": 401, "regescrt": 401, "unksm2": 401, // REGISTER
	"wsinv": 481, // it has a To tag

	"badbranch": 400, "badvers": 505, "bext01": 420, "esc02": 501, "escruri": 400, "insuf": 400, "invut": 415, "mcl01": 400,
	"mismatch01": 400, "mismatch02": 501, "mpart01": 405, "multi01": 400, "regbadct": 400, "sdp01": 406, "unkscm": 416,

	"bcast": silence, "intmeth": silence, "noreason": silence, "unreason": silence,
	"badaspec": silence, "baddn": silence, "badinv01": silence, "bigcode": silence, "clerr": silence, "ltgtruri": silence,
	"lwsruri": silence, "lwsstart": silence, "ncl": silence, "novelsc": silence, "quotbal": silence, "scalar02": silence,
	"scalarlg": silence, "test": silence, "trws": silence,
}

// topVia ends where the parameters of the first Via begin, or where they would.
var topVia = regexp.MustCompile(`(?is)^(.*?\n(?:via|v)[ \t]*:.*?)(;|\r\n[^ \t])`)

func tortureMessages(t testing.TB) map[string][]byte {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/emiago/sipgo").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "sip/testdata/torture/*/*.dat"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages: %v", err)
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

func TestTortureMessages(t *testing.T) {
	messages := tortureMessages(t)
	for _, network := range []string{UDP, TCP} {
		e := start(t, func(c *Config) {
			c.Users = []User{{Name: "user", Password: "secret"}}
			c.Answer = func(ctx context.Context, in *Invitation) {
				if in.Describe().To != "probe" {
					_ = in.Reject(hotline.CodeConflict)
					return
				}
				if l, err := in.Answer(ctx); err == nil {
					<-l.Done()
				}
			}
		})
		for name, data := range messages {
			want, listed := tortured[name]
			if !listed {
				t.Errorf("%s has no row", name)
			}
			answers := []int{want}
			switch {
			case name == "dblreq" && network == TCP:
				continue // two requests there, the second cut off
			case want == silence, name == "inv2543" && network == TCP: // the latter has no Content-Length, so no end
				answers = nil
			}
			got := replies(t, e, network, data, len(answers) > 0)
			if !slices.Equal(got, answers) {
				t.Errorf("%s over %s: %v, want %v", name, network, got, answers)
			}
		}
		l, err := start(t, nil).Dial(within(t), Dial{URI: "sip:probe@" + e.Addr(UDP).String()})
		if err != nil {
			t.Fatalf("probe call: %v", err)
		}
		_ = l.Hangup(within(t), "")
	}
}

// replies sends a message from a fresh socket and returns the final statuses that come back. It waits
// longer when there should be one.
func replies(t *testing.T, e *Endpoint, network string, data []byte, any bool) (statuses []int) {
	t.Helper()
	if network == UDP {
		// So that the answer comes here and not to the port of the Via. Nothing else is changed but a
		// branch that several messages share.
		data = topVia.ReplaceAll(data, []byte("$1;rport$2"))
		data = bytes.Replace(data, []byte("bKkdjuw"), []byte("bK"+newTag()), 1)
	}
	conn, err := net.Dial(network, e.Addr(network).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(data); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	buffer := make([]byte, 65536)
	wait := 2 * gosip.T1
	if any {
		wait = 10 * time.Second
	}
	for {
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		n, err := conn.Read(buffer)
		if err != nil {
			return statuses
		}
		wait = 2 * gosip.T1
		for part := range bytes.SplitSeq(buffer[:n], []byte("SIP/2.0 ")) {
			if len(part) < 4 || part[3] != ' ' || part[0] == '1' || seen[string(part)] {
				continue
			}
			seen[string(part)] = true
			statuses = append(statuses, int(part[0]-'0')*100+int(part[1]-'0')*10+int(part[2]-'0'))
		}
	}
}
