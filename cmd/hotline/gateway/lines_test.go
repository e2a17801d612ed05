package gateway

import (
	"testing"

	"github.com/hotline-cc/hotline/sip"
)

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
