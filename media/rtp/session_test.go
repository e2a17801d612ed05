package rtp

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
)

func TestTwoSessionsHearEachOther(t *testing.T) {
	for name, change := range map[string]func(a, b *Config){
		"as they are":                   nil,
		"with reports on the same port": func(a, b *Config) { a.Terms.Mux, b.Terms.Mux = true, true },
		"with packets of 60 and 10 ms": func(a, b *Config) {
			a.Terms.PacketTime, b.Terms.PacketTime = 60*time.Millisecond, 10*time.Millisecond
		},
		"when only the SDP's source is taken": func(a, b *Config) { a.Learning, b.Learning = LearnNever, LearnNever },
		"when one is to learn where the other is": func(a, _ *Config) {
			a.Terms.Remote, a.Learning = netip.AddrPort{}, LearnAny
		},
		"with dynamic payload types that differ": func(a, b *Config) {
			a.Terms.SendType, b.Terms.ReceiveType = 97, 97
			b.Terms.SendType, a.Terms.ReceiveType = 98, 98
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCall(t, change)
			c.pass(time.Second)
			c.wantBothHear()
			if got := c.a.Stats(); got.Remote != c.b.address || got.Lost != 0 || got.Unsent != 0 {
				t.Errorf("a hears %v, lost %d, could not send %d; want %v, 0, 0", got.Remote, got.Lost, got.Unsent, c.b.address)
			}
		})
	}
}

func TestAHoldStopsTheSoundItSaysAndNoOther(t *testing.T) {
	for _, d := range []Direction{SendOnly, RecvOnly, Inactive} {
		t.Run(d.String(), func(t *testing.T) {
			c := newCall(t, nil)
			c.pass(500 * time.Millisecond)
			held := c.a.terms
			held.Direction = d
			if err := c.a.Update(held); err != nil {
				t.Fatal(err)
			}
			c.pass(time.Second)
			if d.Receives() {
				c.a.wantHears(t, toneB)
			} else {
				c.a.wantHears(t, 0)
				if got := c.a.Stats().Discarded.OnHold; got != 50 {
					t.Errorf("%d packets were dropped on hold, want 50", got)
				}
			}
			if d.Sends() {
				c.b.wantHears(t, toneA)
			} else {
				c.b.wantHears(t, 0)
			}
			if err := c.a.Update(c.a.terms); err != nil {
				t.Fatal(err)
			}
			c.pass(time.Second)
			c.wantBothHear()
		})
	}
}

func TestAnUpdateMovesTheSoundToAnotherPeer(t *testing.T) {
	c, other := newCall(t, nil), newCall(t, nil)
	c.pass(500 * time.Millisecond)
	moved := c.a.terms
	moved.Remote = other.b.address
	if err := c.a.Update(moved); err != nil {
		t.Fatal(err)
	}
	sent, read := c.a.rtp.written.Load(), other.b.rtp.reads.Load()-1
	for range 5 {
		c.now = c.now.Add(media.Tick)
		c.clock.pass(media.Tick)
		c.a.Tick(c.now)
	}
	other.b.rtp.done(t, read+c.a.rtp.written.Load()-sent)
	// To other.b it is a source on another port, believed after probation.
	if got := other.b.Stats(); got.Discarded.Unproven != probation-1 || got.Remote != c.a.address {
		t.Errorf("%d packets were on probation and the peer is %v; want %d and %v",
			got.Discarded.Unproven, got.Remote, probation-1, c.a.address)
	}
}

func TestAnUpdateThatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	for name, change := range map[string]func(*Terms){
		"another codec with the old encoder": func(x *Terms) { x.Codec.Name, x.Encoder = "PCMU", nil },
		"another codec with the old decoder": func(x *Terms) { x.Codec.Name, x.Decoder = "PCMU", nil },
		"packets of 25 ms":                   func(x *Terms) { x.PacketTime = 25 * time.Millisecond },
		"a key of an unknown suite":          func(x *Terms) { x.SendKey, x.ReceiveKey = &Key{Suite: "ROT13"}, &Key{Suite: "ROT13"} },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCall(t, nil)
			c.pass(100 * time.Millisecond)
			terms := c.a.terms
			change(&terms)
			if err := c.a.Update(terms); err == nil {
				t.Fatal("it was taken")
			}
			c.pass(time.Second)
			c.wantBothHear()
		})
	}
}

func TestAnUpdateMayLeaveTheCodersOut(t *testing.T) {
	c := newCall(t, nil)
	c.pass(500 * time.Millisecond)
	terms := c.a.terms
	terms.Encoder, terms.Decoder = nil, nil
	if err := c.a.Update(terms); err != nil {
		t.Fatal(err)
	}
	c.pass(500 * time.Millisecond)
	c.wantBothHear()
}

func TestASessionWithoutASourceSendsSilence(t *testing.T) {
	c := newCall(t, nil)
	if err := c.a.SetSource(nil); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Second)
	c.b.wantHears(t, 0)
	if got := c.a.Stats().Sent; got != (Count{Packets: 50, Bytes: 50 * 160}) {
		t.Errorf("a sent %+v, want 50 packets of 160 bytes", got)
	}
}

func TestASinkGetsAFrameEachTick(t *testing.T) {
	c := newCall(t, nil)
	c.pass(400 * time.Millisecond)
	if len(c.b.ear.pcm) != 3200 || len(c.b.ear.frames) != 20 {
		t.Fatalf("%d samples in %d frames came, want 3200 in 20", len(c.b.ear.pcm), len(c.b.ear.frames))
	}
	for i, f := range c.b.ear.frames {
		if want := time.Duration(i) * media.Tick; f.At != want {
			t.Errorf("frame %d is at %v, want %v", i, f.At, want)
		}
	}
}

func TestASinkThatEndsIsLetGo(t *testing.T) {
	c := newCall(t, nil)
	c.b.ear.err = errors.New("the recording is full")
	c.pass(time.Second)
	if got := len(c.b.ear.frames); got != 1 {
		t.Errorf("the sink got %d frames, want 1", got)
	}
	c.a.wantHears(t, toneB)
}

// wide is of a format that a session of 8 kHz has not.
type wide struct{}

func (wide) Format() media.Format           { return media.Mono(16000) }
func (wide) WriteFrame(f media.Frame) error { return nil }
func (wide) ReadFrame(pcm []int16) bool     { return true }

func TestASinkOrSourceOfAnotherFormatIsRefused(t *testing.T) {
	c := newCall(t, nil)
	if err := c.a.SetSink(wide{}); err == nil {
		t.Error("a sink of 16 kHz was taken")
	}
	if err := c.a.SetSource(wide{}); err == nil {
		t.Error("a source of 16 kHz was taken")
	}
	c.pass(time.Second)
	c.wantBothHear()
}

func TestKeysArriveInOrder(t *testing.T) {
	var heard []dtmf.Key
	c := newCall(t, func(_, b *Config) { b.OnKey = func(e dtmf.Event) { heard = append(heard, e.Key) } })
	c.pass(100 * time.Millisecond)
	keys, err := dtmf.ParseKeys("12*#")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.a.SendKeys(0, keys...); err != nil {
		t.Fatal(err)
	}
	c.pass(2 * time.Second)
	if diff := cmp.Diff(keys, heard); diff != "" {
		t.Errorf("keys heard (-want +got):\n%s", diff)
	}
	c.wantBothHear()
}

func TestKeysAreRefusedWhenThePeerTakesNone(t *testing.T) {
	c := newCall(t, func(a, _ *Config) { a.Terms.KeySendType = 0 })
	if err := c.a.SendKeys(0, '1'); !errors.Is(err, errNoKeys) {
		t.Errorf("the error is %v, want %v", err, errNoKeys)
	}
}

func TestAConfigNamesTheFieldThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no socket":            {func(c *Config) { c.RTP = nil }, "RTP"},
		"no name":              {func(c *Config) { c.CNAME = "" }, "CNAME"},
		"a name of 256 bytes":  {func(c *Config) { c.CNAME = strings.Repeat("x", 256) }, "CNAME"},
		"a name of two lines":  {func(c *Config) { c.CNAME = "a\r\nb" }, "CNAME"},
		"unknown learning":     {func(c *Config) { c.Learning = LearnAny + 1 }, "Learning"},
		"learning for an hour": {func(c *Config) { c.LearnWindow = time.Hour }, "LearnWindow"},
		"terms without coders": {func(c *Config) { c.Terms.Encoder = nil }, "Encoder"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Terms: lawTerms(t), CNAME: "a", RTP: deafConn{}}
			c.change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one about %s", err, c.want)
			}
		})
	}
}

// deafConn takes what is sent to it and never hears anything.
type deafConn struct{}

func (deafConn) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) { select {} }
func (deafConn) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	return len(b), nil
}
func (deafConn) SetReadDeadline(time.Time) error { return nil }
