package gateway

import (
	"log/slog"
	"testing"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/sip"
)

func TestOnlyPeopleInTheCountryAreCalledBack(t *testing.T) {
	g := &Gateway{cfg: &config.Config{Desk: config.Desk{Allow: []string{"12345", "0085*", "8001"}}}, log: slog.New(slog.DiscardHandler)}
	for number, callable := range map[string]bool{
		"13800138000": true, "+8613800138000": true, "8613800138000": true, "008613800138000": true, "013800138000": true, // as trunks write it
		"02781234567": true, "+862781234567": true, "07552234567": true, "81234567": true, "2123456": true,
		"12345": true, "008512345678": true, "8001": true, // allowed
		"": false, "anonymous": false, "address:203.0.113.7": false, "address:2001:db8::/64": false, "key:0123abcd:13800138000": false,
		"8002": false, "+8821312345678": false, "0088213123456": false, "13491234567": false, "17401234567": false, "+12025550123": false,
		"16812345": false, "96812345": false, "4008001234": false, "95588": false, "110": false, "138-0013-8000": false, "1380013800": false,
		"sip:13800138000@evil.example": false, "13800138000;x=y": false, "*138#": false,
	} {
		if got := g.callable(number); got != callable {
			t.Errorf("%q: %t", number, got)
		}
		if callable {
			continue
		}
		err := g.callOut(t.Context(), "c1", "li", number)
		if code := hotline.CodeOf(err); code != hotline.CodeForbidden && code != hotline.CodeInvalid {
			t.Errorf("%q is dialled: %v", number, err)
		}
	}
}

func TestWhoIsCalledBackIsWhoTheDialogSays(t *testing.T) {
	c, store := opened(t, t.TempDir())
	defer func() { _ = store.Close() }()
	g := &Gateway{cfg: &config.Config{Desk: config.Desk{Allow: []string{"8001"}}}, content: c}
	c.callable = g.callable
	if err := c.use(c.pack); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]struct{ caller, given, want string }{
		"the number of the call":     {"13800138000", "13900139000", "13800138000"},
		"a phone of the house":       {"8001", "", "8001"},
		"what was given":             {"address:203.0.113.7", "13900139000", "13900139000"},
		"what was given is too dear": {"address:203.0.113.7", "17401234567", ""},
		"nobody":                     {"address:203.0.113.7", "", ""},
	} {
		state := dialog.State{Caller: s.caller, Facts: map[string]dialog.Fact{"phone": {Value: s.given}}}
		if got := g.reach(desk.Talk{Caller: s.caller}, state); got != s.want {
			t.Errorf("%s: %q, want %q", name, got, s.want)
		}
	}
}

// Callers from pages have no number, and phones take no other as whom a call is from.
func TestPhonesAreShownNumbersOnly(t *testing.T) {
	for caller, want := range map[string]string{
		"13800138000": "13800138000", "+8659112345": "+8659112345", "8001": "8001", "li-wei": "li-wei",
		"": "anonymous", "address:203.0.113.7": "anonymous", "key:abc:": "anonymous", "a@b": "anonymous", "张三": "anonymous",
	} {
		if got := shown(caller); got != want {
			t.Errorf("%q is shown as %q, want %q", caller, got, want)
		}
	}
}

// Two phones whose sound passes through undecoded take nothing from us.
func TestALineNeedsNoSource(t *testing.T) {
	var source patient
	if got := patiently(nil, &sip.Leg{}); got != nil {
		t.Errorf("%v in place of no source", got)
	}
	if got := patiently(source, &sip.Leg{}); got == nil {
		t.Error("a source is lost")
	}
	if err := (line{&sip.Leg{}}).Join(nil, nil); err == nil {
		t.Errorf("a leg without sound: %v", err)
	}
}
