package rtp

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtcp"
)

// fullReport returns a compound packet of ours with all that one can hold.
func fullReport(name string) []byte {
	b := appendReport(nil, 1, &sending{ntp: 0x0102030405060708, timestamp: 9, packets: 10, octets: 1600},
		&block{ssrc: 2, fraction: 64, lost: -3, highest: 0x1fffe, jitter: 80, last: 0x11223344, since: 65536})
	return appendBye(appendName(b, 1, name), 1)
}

func TestOurReportsAreWhatOthersRead(t *testing.T) {
	got, err := rtcp.Unmarshal(fullReport("a"))
	if err != nil {
		t.Fatal(err)
	}
	want := []rtcp.Packet{
		&rtcp.SenderReport{
			SSRC: 1, NTPTime: 0x0102030405060708, RTPTime: 9, PacketCount: 10, OctetCount: 1600,
			Reports: []rtcp.ReceptionReport{{
				SSRC: 2, FractionLost: 64, TotalLost: 0xfffffd, LastSequenceNumber: 0x1fffe, Jitter: 80,
				LastSenderReport: 0x11223344, Delay: 65536,
			}},
		},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
			Source: 1, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "a"}},
		}}},
		&rtcp.Goodbye{Sources: []uint32{1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("compound packet (-want +got):\n%s", diff)
	}
}

func TestANameOfAnyLengthKeepsThePacketWhole(t *testing.T) {
	for length := 1; length <= 255; length++ {
		name := strings.Repeat("x", length)
		packets, err := rtcp.Unmarshal(appendBye(appendName(nil, 1, name), 1))
		if err != nil || len(packets) != 2 {
			t.Fatalf("a name of %d bytes: %d packets, %v", length, len(packets), err)
		}
		if got := packets[0].(*rtcp.SourceDescription).Chunks[0].Items[0].Text; got != name {
			t.Fatalf("a name of %d bytes came as %d", length, len(got))
		}
	}
}

func TestAReportHoldsOnlyWhatIsKnown(t *testing.T) {
	for name, c := range map[string]struct {
		sent  *sending
		heard *block
		kind  byte
		size  int
	}{
		"who neither sends nor hears": {nil, nil, typeReceiverReport, 8},
		"who only hears":              {nil, &block{}, typeReceiverReport, 32},
		"who only sends":              {&sending{}, nil, typeSenderReport, 28},
		"who does both":               {&sending{}, &block{}, typeSenderReport, 52},
	} {
		t.Run(name, func(t *testing.T) {
			b := appendReport(nil, 1, c.sent, c.heard)
			if b[1] != c.kind || len(b) != c.size || 4*int(binary.BigEndian.Uint16(b[2:]))+4 != len(b) {
				t.Errorf("type %d of %d bytes, length field %d; want type %d of %d", b[1], len(b), b[3], c.kind, c.size)
			}
		})
	}
}

func TestTheLossReportedStaysWithin24Bits(t *testing.T) {
	for lost, want := range map[int64]int64{
		0: 0, 5: 5, -5: -5, 1<<23 - 1: 1<<23 - 1, 1 << 23: 1<<23 - 1, -1 << 23: -1 << 23, -1<<23 - 1: -1 << 23, math.MaxInt64: 1<<23 - 1,
	} {
		var about block
		f, err := parseFeedback(appendReport(nil, 1, nil, &block{ssrc: 2, fraction: 200, lost: lost}), 2, &about)
		if err != nil || f.about == nil || about.lost != want || about.fraction != 200 {
			t.Errorf("a loss of %d came as %d with a fraction of %d, %v; want %d and 200", lost, about.lost, about.fraction, err, want)
		}
	}
}

func TestFeedbackFindsWhatIsSaidAboutUs(t *testing.T) {
	full := fullReport("a")
	report := func(ssrc uint32) []byte { return appendReport(nil, 1, nil, &block{ssrc: ssrc}) }
	two, err := (&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 7}, {SSRC: 2, Jitter: 5}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	lying := report(2)
	lying[0] |= 0x1f // claims 31 blocks
	for name, c := range map[string]struct {
		packet               []byte
		about, reported, bye bool
	}{
		"all of it":                           {full, true, true, true},
		"about another":                       {report(3), false, false, false},
		"a second block":                      {two, true, false, false},
		"more blocks claimed than there are":  {lying, true, false, false},
		"a lone goodbye (RFC 5506)":           {appendBye(nil, 1), false, false, true},
		"a name and nothing else":             {appendName(nil, 1, "a"), false, false, false},
		"an unknown type before the goodbye":  {appendBye([]byte{0x80, 207, 0, 1, 0, 0, 0, 1}, 1), false, false, true},
		"an empty packet before the goodbye":  {appendBye([]byte{0x80, 207, 0, 0}, 1), false, false, true},
		"what is said about us after a name":  {append(appendName(nil, 1, "a"), report(2)...), true, false, false},
		"a sender report that nobody answers": {appendReport(nil, 1, &sending{}, nil), false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var about block
			f, err := parseFeedback(c.packet, 2, &about)
			if err != nil {
				t.Fatal(err)
			}
			if (f.about != nil) != c.about || f.reported != c.reported || f.bye != c.bye {
				t.Errorf("about us: %v, reported: %v, bye: %v; want %v, %v, %v",
					f.about != nil, f.reported, f.bye, c.about, c.reported, c.bye)
			}
		})
	}
}

func TestAMalformedCompoundIsRefused(t *testing.T) {
	with := func(at int, v byte) []byte {
		b := fullReport("a")
		b[at] = v
		return b
	}
	full := fullReport("a")
	for name, packet := range map[string][]byte{
		"nothing":                            nil,
		"less than a header and an SSRC":     full[:7],
		"another version":                    with(0, 0x41),
		"a length beyond the end":            with(2, 0xff),
		"a sender report cut short":          {0x80, typeSenderReport, 0, 1, 0, 0, 0, 1},
		"a receiver report without its SSRC": {0x80, typeReceiverReport, 0, 0, 0x80, typeBye, 0, 0},
		"a second packet of another version": with(52, 0x01),
		"a tail shorter than a header":       append(fullReport("a"), 0x80, 203, 0),
		"a last packet cut short":            full[:len(full)-4],
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseFeedback(packet, 2, new(block)); err == nil {
				t.Error("it was taken")
			}
		})
	}
}

func TestNTPTimeCountsFrom1900(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want uint64
	}{
		{time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), 0},
		{time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), 2208988800 << 32},
		{time.Date(1970, 1, 1, 0, 0, 0, 500_000_000, time.UTC), 2208988800<<32 | 1<<31},
	} {
		if got := ntp(c.at); got != c.want {
			t.Errorf("%v is %#x, want %#x", c.at, got, c.want)
		}
	}
}

func TestTheRoundTripIsWhatWasNotSpentAtThePeer(t *testing.T) {
	now := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	sentAgo := func(d time.Duration) uint32 { return middle(ntp(now.Add(-d))) }
	for name, c := range map[string]struct {
		b    block
		want time.Duration
		ok   bool
	}{
		"no report was echoed":                     {block{}, 0, false},
		"150 ms of 1 s on the way":                 {block{last: sentAgo(time.Second), since: 65536 * 85 / 100}, 150 * time.Millisecond, true},
		"longer than anybody waits":                {block{last: sentAgo(time.Minute)}, 0, false},
		"the peer kept it longer than it was away": {block{last: sentAgo(time.Second), since: 2 * 65536}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := c.b.roundTrip(now)
			if ok != c.ok || ok && (got-c.want).Abs() > time.Millisecond {
				t.Errorf("it is %v, %v; want %v, %v", got, ok, c.want, c.ok)
			}
		})
	}
}
