package dtmf_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// packet is one RFC 4733 packet as it arrives, at in milliseconds.
type packet struct {
	at        int
	timestamp uint32
	marker    bool
	code      byte
	end       bool
	duration  uint16
}

func (p packet) payload() []byte {
	b := []byte{p.code, 10, 0, 0}
	if p.end {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], p.duration)
	return b
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func receive(t *testing.T, packets []packet) []dtmf.Event {
	t.Helper()
	r, err := dtmf.NewReceiver(8000)
	if err != nil {
		t.Fatal(err)
	}
	var events []dtmf.Event
	for _, p := range packets {
		at := noon.Add(time.Duration(p.at) * time.Millisecond)
		if events, err = r.Receive(events, p.timestamp, p.marker, p.payload(), at); err != nil {
			t.Fatal(err)
		}
	}
	return events
}

func TestEachEventIsOneKey(t *testing.T) {
	tests := map[string]struct {
		packets []packet
		want    string
	}{
		"a whole event": {[]packet{
			{0, 1000, true, 5, false, 160}, {20, 1000, false, 5, false, 320}, {40, 1000, false, 5, true, 480},
			{60, 1000, false, 5, true, 480}, {80, 1000, false, 5, true, 480},
		}, "5"},
		"only its last end arrives": {[]packet{{80, 1000, false, 11, true, 480}}, "#"},
		"its end is lost": {[]packet{
			{0, 1000, true, 1, false, 160}, {20, 1000, false, 1, false, 320},
			{300, 3400, true, 2, false, 160},
		}, "12"},
		"end lost, then the same key with a marker": {[]packet{
			{0, 1000, true, 1, false, 160}, {80, 1640, true, 1, false, 160},
		}, "11"},
		"end and marker lost, but a pause between": {[]packet{
			{0, 1000, true, 1, false, 160}, {200, 2600, false, 1, false, 320},
		}, "11"},
		"the same key twice": {[]packet{
			{0, 1000, true, 7, true, 400}, {100, 1800, true, 7, true, 400}, {120, 1800, false, 7, true, 400},
		}, "77"},
		"the same key twice without markers": {[]packet{
			{0, 1000, false, 7, true, 400}, {60, 1480, false, 7, false, 160}, {80, 1480, false, 7, true, 320},
		}, "77"},
		"a sender that never sets the end": {[]packet{
			{0, 1000, true, 3, false, 160}, {20, 1000, false, 3, false, 320}, {500, 5000, true, 4, false, 160},
		}, "34"},
		"a new timestamp in every packet": {[]packet{
			{0, 1000, true, 9, false, 160}, {20, 1160, false, 9, false, 320}, {40, 1320, false, 9, false, 480},
			{60, 1480, false, 9, true, 640}, {80, 1640, false, 9, true, 640}, {100, 1800, false, 9, true, 640},
		}, "9"},
		"longer than the duration holds": {[]packet{
			{0, 1000, true, 0, false, 160}, {8160, 1000, false, 0, false, 0xffff},
			{8180, 1000 + 0xffff, false, 0, false, 160}, {8200, 1000 + 0xffff, false, 0, true, 320},
		}, "0"},
		"a late packet of the key before": {[]packet{
			{0, 1000, true, 1, false, 160}, {100, 1800, true, 2, false, 160}, {110, 1000, false, 1, true, 480},
			{120, 1800, false, 2, true, 320},
		}, "12"},
		"timestamps that wrap": {[]packet{
			{0, 0xffffff00, true, 1, true, 160}, {100, 0x300, true, 2, true, 160},
		}, "12"},
		"a sender that began anew with smaller timestamps": {[]packet{
			{0, 90000, true, 1, true, 160}, {5000, 1000, true, 1, true, 160},
		}, "11"},
		"flash and letters":    {[]packet{{0, 1000, true, 16, true, 160}, {300, 3400, true, 12, true, 160}, {600, 5800, true, 15, true, 160}}, "!AD"},
		"a fax tone is no key": {[]packet{{0, 1000, true, 32, true, 160}, {20, 1000, true, 36, true, 160}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, e := range receive(t, tt.packets) {
				got += e.Key.String()
			}
			if got != tt.want {
				t.Errorf("keys %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEventsTellSourceTimeAndLength(t *testing.T) {
	got := receive(t, []packet{{at: 40, timestamp: 1000, code: 5, duration: 480}})
	want := []dtmf.Event{{Key: '5', Source: dtmf.SourceRTP, Duration: 60 * time.Millisecond, At: noon.Add(40 * time.Millisecond)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSeveralEventsInOnePacket(t *testing.T) {
	r, err := dtmf.NewReceiver(8000)
	if err != nil {
		t.Fatal(err)
	}
	both := append(packet{code: 1, end: true, duration: 400}.payload(), packet{code: 2, end: true, duration: 400}.payload()...)
	events, err := r.Receive(nil, 1000, true, both, noon)
	if err != nil || len(events) != 2 || events[0].Key != '1' || events[1].Key != '2' {
		t.Errorf("events %v, error %v; want keys 1 and 2", events, err)
	}
}

func TestPayloadsOfAWrongLengthAreRefused(t *testing.T) {
	r, err := dtmf.NewReceiver(8000)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 3, 5, 7} {
		if events, err := r.Receive(nil, 1000, true, make([]byte, n), noon); err == nil || len(events) > 0 {
			t.Errorf("%d bytes gave %v, error %v", n, events, err)
		}
	}
}

func TestWhatIsSentIsReceived(t *testing.T) {
	const keys = "0123456789*#ABCD!55"
	for _, clock := range []int{8000, 16000, 48000} {
		s, err := dtmf.NewSender(clock)
		if err != nil {
			t.Fatal(err)
		}
		r, err := dtmf.NewReceiver(clock)
		if err != nil {
			t.Fatal(err)
		}
		all, err := dtmf.ParseKeys(keys)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Queue(0, all...); err != nil {
			t.Fatal(err)
		}
		got, at := "", noon
		for now := uint32(0); s.Waiting() > 0; now += uint32(clock / 50) {
			if p, ok := s.Next(now); ok {
				events, err := r.Receive(nil, p.Timestamp, p.Marker, p.Payload[:], at)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range events {
					got += e.Key.String()
				}
			}
			at = at.Add(media.Tick)
		}
		if got != keys {
			t.Errorf("at %d Hz: received %q, want %q", clock, got, keys)
		}
	}
}

func TestAKeyIsSentAsRFC4733Wants(t *testing.T) {
	s, err := dtmf.NewSender(8000)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Queue(60*time.Millisecond, '5', '6'); err != nil {
		t.Fatal(err)
	}
	type sent struct {
		Tick, Timestamp int
		Marker, End     bool
		Code            byte
		Duration        int
	}
	var got []sent
	for tick := range 14 {
		if p, ok := s.Next(uint32(tick * 160)); ok {
			got = append(got, sent{tick, int(p.Timestamp), p.Marker, p.Payload[1]&0x80 != 0, p.Payload[0],
				int(binary.BigEndian.Uint16(p.Payload[2:]))})
		}
	}
	want := []sent{
		{0, 0, true, false, 5, 160}, {1, 0, false, false, 5, 320}, {2, 0, false, true, 5, 480}, {3, 0, false, true, 5, 480}, {4, 0, false, true, 5, 480},
		{7, 1120, true, false, 6, 160}, {8, 1120, false, false, 6, 320}, {9, 1120, false, true, 6, 480}, {10, 1120, false, true, 6, 480}, {11, 1120, false, true, 6, 480},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSenderRefusals(t *testing.T) {
	s, err := dtmf.NewSender(8000)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		pressed time.Duration
		keys    []dtmf.Key
	}{
		"no key":        {0, []dtmf.Key{'1', 'x'}},
		"too short":     {30 * time.Millisecond, []dtmf.Key{'1'}},
		"too long":      {2 * time.Second, []dtmf.Key{'1'}},
		"too many keys": {0, make([]dtmf.Key, 100)},
	}
	for name, tt := range tests {
		if err := s.Queue(tt.pressed, tt.keys...); err == nil || s.Waiting() != 0 {
			t.Errorf("%s: error %v, %d keys wait", name, err, s.Waiting())
		}
	}
	if _, err := dtmf.NewSender(4000); err == nil {
		t.Error("a sender took a clock of 4000 Hz")
	}
	if _, err := dtmf.NewReceiver(96000); err == nil {
		t.Error("a receiver took a clock of 96000 Hz")
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add([]byte{5, 10, 0, 160, 5, 0x8a, 1, 64}, uint32(1000), uint32(1000), true)
	f.Add([]byte{16, 0, 0xff, 0xff}, uint32(0xfffffff0), uint32(15), false)
	f.Fuzz(func(t *testing.T, payload []byte, first, second uint32, marker bool) {
		r, err := dtmf.NewReceiver(8000)
		if err != nil {
			t.Fatal(err)
		}
		once, err := r.Receive(nil, first, marker, payload, noon)
		if len(once) > len(payload)/4 || err != nil && len(once) > 0 {
			t.Fatalf("%d bytes gave %d keys, error %v", len(payload), len(once), err)
		}
		if len(payload) == 4 {
			if again, _ := r.Receive(nil, first, marker, payload, noon.Add(media.Tick)); len(again) > 0 {
				t.Fatalf("the same packet gave %v a second time", again)
			}
		}
		for _, e := range once {
			if _, ok := e.Key.Code(); !ok || e.Duration < 0 {
				t.Fatalf("event %+v", e)
			}
		}
		_, _ = r.Receive(nil, second, marker, payload, noon.Add(media.Tick))
	})
}
