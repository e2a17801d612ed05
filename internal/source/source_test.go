package source

import (
	"net"
	"net/netip"
	"testing"
)

func TestKey(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.1":              "192.0.2.1",
		"::ffff:192.0.2.1":       "192.0.2.1",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::",
		"fe80::1%eth0":           "fe80::",
		"2001:db8:1:2:ffff::abc": "2001:db8:1:2::",
		"2001:db8::1":            "2001:db8::",
		"2001:db8::1:2:3:4":      "2001:db8::",
		"2001:db8:0:1::1":        "2001:db8:0:1::",
	} {
		if got := Key(netip.MustParseAddr(from)); got != netip.MustParseAddr(want) {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
	if got := Key(netip.Addr{}); got.IsValid() {
		t.Errorf("no address: %s", got)
	}
}

type named string

func (named) Network() string  { return "ws" }
func (n named) String() string { return string(n) }

func TestOf(t *testing.T) {
	want := netip.MustParseAddr("192.0.2.1")
	for _, a := range []net.Addr{
		&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1},
		&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1},
		named("192.0.2.1:1"),
	} {
		if got := Of(a).Unmap(); got != want {
			t.Errorf("%T: %s", a, got)
		}
	}
	for _, a := range []net.Addr{nil, named("@")} {
		if got := Of(a); got.IsValid() {
			t.Errorf("%v: %s", a, got)
		}
	}
}

func TestTableKeepsWhatIsUsedWithinItsBound(t *testing.T) {
	table := NewTable[int, string](10)
	*table.Obtain(-1) = "kept"
	for i := range 1000 {
		table.Obtain(i)
		if v := table.Get(-1); v == nil || *v != "kept" {
			t.Fatalf("entry in use is lost after %d others", i)
		}
		if table.Len() > 10 {
			t.Fatalf("%d entries", table.Len())
		}
	}
	if table.Get(0) != nil {
		t.Error("an old entry was not forgotten")
	}
	table.Remove(-1)
	if table.Get(-1) != nil {
		t.Error("removed entry is found")
	}
}
