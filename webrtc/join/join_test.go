package join

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

var key = bytes.Repeat([]byte("k"), 32)

func newDesk(t testing.TB, cfg Config) *Desk {
	t.Helper()
	if cfg.Key == nil {
		cfg.Key = key
	}
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var someone = Claims{Conversation: "c1", Role: Agent, Subject: "王芳 7"}

func issue(t testing.TB, d *Desk) string {
	t.Helper()
	token, err := d.Issue(someone)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestATokenTellsWhatItWasIssuedFor(t *testing.T) {
	d := newDesk(t, Config{})
	got, err := d.Redeem(issue(t, d))
	if diff := cmp.Diff(someone, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestPeekingLeavesATokenGood(t *testing.T) {
	d := newDesk(t, Config{})
	token := issue(t, d)
	for range 2 {
		if got, err := d.Peek(token); err != nil || got != someone {
			t.Errorf("peeked %+v: %v", got, err)
		}
	}
	if _, err := d.Redeem(token); err != nil {
		t.Error(err)
	}
	if got, err := d.Peek(token); hotline.CodeOf(err) != hotline.CodeUnauthorized {
		t.Errorf("a used token is for %+v: %v", got, err)
	}
}

func TestTokensThatAreNoGood(t *testing.T) {
	d := newDesk(t, Config{})
	good := issue(t, d)
	content, signature, _ := strings.Cut(strings.TrimPrefix(good, prefix), ".")
	resign := func(d *Desk, b body) string {
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		return prefix + encode(text) + "." + encode(d.sign(text))
	}
	soon := time.Now().Add(time.Minute).Unix()
	changed := []byte(content)
	changed[10] ^= 1
	for name, token := range map[string]string{
		"empty":                 "",
		"prefix only":           prefix,
		"no signature":          prefix + content,
		"empty signature":       prefix + content + ".",
		"other prefix":          "hlj2." + content + "." + signature,
		"content changed":       prefix + string(changed) + "." + signature,
		"signature cut":         prefix + content + "." + signature[:20],
		"signature of another":  prefix + content + "." + strings.Split(issue(t, d), ".")[2],
		"padded":                good + "=",
		"with a line break":     prefix + content + "\n." + signature,
		"no HMAC at all":        prefix + encode([]byte(`{"c":"c1","r":"agent","s":"x","e":9999999999,"n":"1"}`)) + ".",
		"other key":             issue(t, newDesk(t, Config{Key: bytes.Repeat([]byte("x"), 32)})),
		"longer than allowed":   good + strings.Repeat("A", 5000),
		"expired":               resign(d, body{"c1", Agent, "x", time.Now().Unix() - 1, "1"}),
		"good for years":        resign(d, body{"c1", Agent, "x", soon + 1e8, "2"}),
		"role we do not know":   resign(d, body{"c1", "root", "x", soon, "3"}),
		"without a serial":      resign(d, body{"c1", Agent, "x", soon, ""}),
		"without conversation":  resign(d, body{"", Agent, "x", soon, "4"}),
		"signature of no JSON":  prefix + encode([]byte("x")) + "." + encode(d.sign([]byte("x"))),
		"bits after the end":    prefix + content + "." + signature[:len(signature)-1] + "_",
		"signature and content": prefix + signature + "." + content,
	} {
		t.Run(name, func(t *testing.T) {
			if c, err := d.Redeem(token); hotline.CodeOf(err) != hotline.CodeUnauthorized {
				t.Errorf("redeemed as %+v: %v", c, err)
			}
			if c, err := d.Peek(token); hotline.CodeOf(err) != hotline.CodeUnauthorized {
				t.Errorf("peeked as %+v: %v", c, err)
			}
		})
	}
	if _, err := d.Redeem(good); err != nil {
		t.Errorf("what was tried used up the good token: %v", err)
	}
}

func TestATokenIsTakenOnce(t *testing.T) {
	d := newDesk(t, Config{})
	token := issue(t, d)
	var taken atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := d.Redeem(token); err == nil {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	if taken.Load() != 1 {
		t.Errorf("taken %d times", taken.Load())
	}
}

func TestATokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, Config{Life: 10 * time.Second})
		early, late := issue(t, d), issue(t, d)
		time.Sleep(9 * time.Second)
		if _, err := d.Redeem(early); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if _, err := d.Redeem(late); hotline.CodeOf(err) != hotline.CodeUnauthorized {
			t.Errorf("an expired token: %v", err)
		}
		if _, err := d.Redeem(issue(t, d)); err != nil {
			t.Error(err)
		}
		if len(d.spent) != 1 {
			t.Errorf("%d serials are remembered, want that of the last", len(d.spent))
		}
	})
}

func TestWhatIsNotIssued(t *testing.T) {
	d := newDesk(t, Config{})
	for name, c := range map[string]Claims{
		"no conversation": {"", Agent, "a"}, "no role": {"c", "", "a"}, "no subject": {"c", Caller, ""},
		"long subject": {"c", Caller, strings.Repeat("a", 129)},
	} {
		if _, err := d.Issue(c); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]Config{"short key": {Key: key[:31]}, "long life": {Key: key, Life: time.Hour}} {
		if _, err := New(c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzRedeem(f *testing.F) {
	d := newDesk(f, Config{})
	other := newDesk(f, Config{Key: bytes.Repeat([]byte("o"), 32)})
	f.Add(issue(f, other))
	f.Fuzz(func(t *testing.T, token string) {
		if c, err := d.Redeem(token); err == nil {
			t.Errorf("made up %q is %+v", token, c)
		}
	})
}
