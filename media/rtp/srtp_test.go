package rtp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var suites = []Suite{AES128CMSHA180, AES128CMSHA132, AES128GCM}

// someKey returns a key of a suite that is told from others by seed.
func someKey(t testing.TB, suite Suite, seed byte) *Key {
	t.Helper()
	key, salt, err := suite.KeyLength()
	if err != nil {
		t.Fatal(err)
	}
	return &Key{Suite: suite, Key: bytes.Repeat([]byte{seed}, key), Salt: bytes.Repeat([]byte{^seed}, salt)}
}

// sealed makes a call one of SRTP.
func sealed(t testing.TB, suite Suite) func(a, b *Config) {
	there, back := someKey(t, suite, 1), someKey(t, suite, 2)
	return func(a, b *Config) {
		a.Terms.SendKey, b.Terms.ReceiveKey = there, there
		b.Terms.SendKey, a.Terms.ReceiveKey = back, back
	}
}

func TestASuiteIsNamedAndKeyedAsItsStandardSays(t *testing.T) {
	for _, c := range []struct {
		name      Suite
		key, salt int // RFC 4568 section 6.2, RFC 7714 section 12
	}{
		{"AES_CM_128_HMAC_SHA1_80", 16, 14},
		{"AES_CM_128_HMAC_SHA1_32", 16, 14},
		{"AEAD_AES_128_GCM", 16, 12},
	} {
		key, salt, err := c.name.KeyLength()
		if err != nil || key != c.key || salt != c.salt {
			t.Errorf("%s takes %d and %d bytes, %v; want %d and %d", c.name, key, salt, err, c.key, c.salt)
		}
	}
	for _, name := range []Suite{"", "F8_128_HMAC_SHA1_80", "aes_cm_128_hmac_sha1_80"} {
		if _, _, err := name.KeyLength(); err == nil || !strings.Contains(err.Error(), string(AES128CMSHA180)) {
			t.Errorf("suite %q: the error is %v, want one that names those we speak", name, err)
		}
	}
}

func TestAKeyOfTheWrongLengthIsRefused(t *testing.T) {
	for _, suite := range suites {
		short, unsalted := someKey(t, suite, 1), someKey(t, suite, 1)
		short.Key, unsalted.Salt = short.Key[1:], nil
		for _, k := range []*Key{short, unsalted} {
			if _, err := k.context(); err == nil {
				t.Errorf("%s took a key of %d and a salt of %d bytes", suite, len(k.Key), len(k.Salt))
			}
		}
	}
}

func TestAKeyIsNeverPrinted(t *testing.T) {
	k := &Key{Suite: AES128GCM, Key: []byte("topsecretkey"), Salt: []byte("topsecretsalt")}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, k); got != string(AES128GCM) {
			t.Errorf("%s prints %q", format, got)
		}
	}
	if got := (*Key)(nil).String(); got != "none" {
		t.Errorf("no key prints %q", got)
	}
}

func TestASealedCallIsHeardBothWays(t *testing.T) {
	for _, suite := range suites {
		t.Run(string(suite), func(t *testing.T) {
			c := newCall(t, sealed(t, suite))
			c.pass(4 * time.Second) // long enough for reports to have been sealed too
			c.wantBothHear()
			a := c.a.Stats()
			if a.Discarded != (Discards{}) || a.Received.Packets != 200 {
				t.Errorf("a received %d and dropped %+v, want 200 and nothing", a.Received.Packets, a.Discarded)
			}
			if c.b.rtcp.written.Load() == 0 {
				t.Error("no report was sent in 4 s")
			}
		})
	}
}

func TestSoundSealedWithAnotherKeyIsNotHeard(t *testing.T) {
	for _, suite := range suites {
		t.Run(string(suite), func(t *testing.T) {
			c := newCall(t, func(a, b *Config) {
				sealed(t, suite)(a, b)
				a.Terms.ReceiveKey = someKey(t, suite, 9)
			})
			c.pass(time.Second)
			c.a.wantHears(t, 0)
			c.b.wantHears(t, toneA)
			got := c.a.Stats()
			if got.Discarded.Unauthenticated != 50 || got.Received.Packets != 0 || got.Remote.IsValid() {
				t.Errorf("%d packets had a wrong tag, %d were received, the peer is %v; want 50, 0, none",
					got.Discarded.Unauthenticated, got.Received.Packets, got.Remote)
			}
		})
	}
}

func TestPlainSoundIsNotHeardInASealedCall(t *testing.T) {
	c := newCall(t, func(a, b *Config) {
		sealed(t, AES128CMSHA180)(a, b)
		b.Terms.SendKey, b.Terms.ReceiveKey = nil, nil
	})
	c.pass(time.Second)
	c.a.wantHears(t, 0)
	if got := c.a.Stats(); got.Received.Packets != 0 || got.Discarded.Unauthenticated != 50 {
		t.Errorf("%d plain packets were received, %d dropped; want 0, 50", got.Received.Packets, got.Discarded.Unauthenticated)
	}
}

// tappedConn keeps the datagrams sent.
type tappedConn struct {
	Conn
	sent [][]byte
}

func (c *tappedConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.sent = append(c.sent, bytes.Clone(b))
	return c.Conn.WriteToUDPAddrPort(b, to)
}

func TestARepeatedOrTamperedPacketIsDropped(t *testing.T) {
	for _, suite := range suites {
		t.Run(string(suite), func(t *testing.T) {
			var tap *tappedConn
			c := newCall(t, func(a, b *Config) {
				sealed(t, suite)(a, b)
				socket := b.RTP.(*countingConn)
				tap = &tappedConn{Conn: socket.Conn}
				socket.Conn = tap
			})
			c.pass(200 * time.Millisecond)
			before := c.a.Stats()
			for _, b := range tap.sent {
				c.a.in.datagram(b, c.b.address, c.clock.Now(), false)
			}
			// Bytes of the sequence number, of the sound and of the tag; the last packet's number
			// goes up by one so that it is not a repetition.
			last := tap.sent[len(tap.sent)-1]
			binary.BigEndian.PutUint16(last[2:], binary.BigEndian.Uint16(last[2:])+1)
			for _, at := range []int{fixedHeader, fixedHeader + 80, len(last) - 1} {
				forged := bytes.Clone(last)
				forged[at] ^= 0x10
				c.a.in.datagram(forged, c.b.address, c.clock.Now(), false)
			}
			c.a.in.datagram(last, c.b.address, c.clock.Now(), false)
			got := c.a.Stats()
			if got.Discarded.Replayed != 10 || got.Discarded.Unauthenticated != 4 || got.Received != before.Received {
				t.Errorf("%d replayed, %d with a wrong tag, received %+v; want 10, 4, %+v",
					got.Discarded.Replayed, got.Discarded.Unauthenticated, got.Received, before.Received)
			}
			c.pass(time.Second)
			c.wantBothHear()
		})
	}
}

func TestAnUpdateChangesTheKeys(t *testing.T) {
	c := newCall(t, sealed(t, AES128CMSHA180))
	c.pass(500 * time.Millisecond)
	there, back := someKey(t, AES128GCM, 3), someKey(t, AES128GCM, 4)
	a, b := c.a.terms, c.b.terms
	a.SendKey, b.ReceiveKey, b.SendKey, a.ReceiveKey = there, there, back, back
	ssrc := c.a.out.ssrc()
	if err := c.a.Update(a); err != nil {
		t.Fatal(err)
	}
	if err := c.b.Update(b); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Second)
	c.wantBothHear()
	if c.a.out.ssrc() == ssrc {
		t.Error("the stream went on under another key")
	}
}
