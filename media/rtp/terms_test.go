package rtp

import (
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media"
)

func TestTermsNameTheFieldThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Terms)
		want   string // in the error, "" for none
	}{
		"what offer and answer usually agree on": {func(*Terms) {}, ""},
		"no PCM rate":                            {func(x *Terms) { x.Codec.PCMRate = 0 }, "PCMRate"},
		"a PCM rate beyond 48 kHz":               {func(x *Terms) { x.Codec.PCMRate = 96000 }, "PCMRate"},
		"an RTP clock below 8 kHz":               {func(x *Terms) { x.Codec.RTPClock = 4000 }, "RTPClock"},
		"no encoder":                             {func(x *Terms) { x.Encoder = nil }, "Encoder"},
		"no decoder":                             {func(x *Terms) { x.Decoder = nil }, "Decoder"},
		"the highest payload type":               {func(x *Terms) { x.SendType, x.ReceiveType = 127, 127 }, ""},
		"a payload type with the marker bit":     {func(x *Terms) { x.ReceiveType = 128 }, "payload types"},
		"a static type for keys":                 {func(x *Terms) { x.KeySendType = 95 }, "telephone-event"},
		"a key type with the marker bit":         {func(x *Terms) { x.KeyReceiveType = 128 }, "telephone-event"},
		"dynamic types for keys":                 {func(x *Terms) { x.KeySendType, x.KeyReceiveType = 96, 127 }, ""},
		"a direction nobody knows":               {func(x *Terms) { x.Direction = Inactive + 1 }, "Direction"},
		"a negative direction":                   {func(x *Terms) { x.Direction = -1 }, "Direction"},
		"a key for one way only":                 {func(x *Terms) { x.SendKey = &Key{Suite: AES128GCM} }, "SendKey and ReceiveKey"},
		"packets of 60 ms":                       {func(x *Terms) { x.PacketTime = 60 * time.Millisecond }, ""},
		"packets of 50 ms":                       {func(x *Terms) { x.PacketTime = 50 * time.Millisecond }, "PacketTime"},
		"packets of 20.5 ms":                     {func(x *Terms) { x.PacketTime = 20*time.Millisecond + 500*time.Microsecond }, "PacketTime"},
		"packets of negative length":             {func(x *Terms) { x.PacketTime = -20 * time.Millisecond }, "PacketTime"},
	} {
		t.Run(name, func(t *testing.T) {
			terms := lawTerms(t)
			c.change(&terms)
			_, err := terms.withDefaults()
			if c.want == "" && err != nil {
				t.Fatalf("refused: %v", err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("the error is %v, want one about %s", err, c.want)
			}
		})
	}
}

func TestTermsLeftOutAreTheUsual(t *testing.T) {
	terms, err := lawTerms(t).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if terms.PacketTime != media.Tick || terms.KeyClock != 8000 || terms.Direction != SendRecv {
		t.Errorf("packets of %v, keys at %d Hz, %v; want 20ms, 8000 Hz, sendrecv", terms.PacketTime, terms.KeyClock, terms.Direction)
	}
}

func TestOpusHasNoPacketOf30Milliseconds(t *testing.T) {
	terms := lawTerms(t)
	terms.PacketTime = 30 * time.Millisecond
	if got, err := terms.withDefaults(); err != nil || got.PacketTime != 30*time.Millisecond {
		t.Errorf("PCMA got packets of %v, %v; want 30ms", got.PacketTime, err)
	}
	terms.Codec.Name = "OPUS"
	if got, err := terms.withDefaults(); err != nil || got.PacketTime != 20*time.Millisecond {
		t.Errorf("opus got packets of %v, %v; want 20ms", got.PacketTime, err)
	}
}

func TestADirectionSaysWhichWaySoundGoes(t *testing.T) {
	for _, c := range []struct {
		direction       Direction
		sends, receives bool
		text            string
	}{
		{SendRecv, true, true, "sendrecv"},
		{SendOnly, true, false, "sendonly"},
		{RecvOnly, false, true, "recvonly"},
		{Inactive, false, false, "inactive"},
		{Direction(9), false, false, "Direction(9)"},
		{Direction(-1), false, false, "Direction(-1)"},
	} {
		t.Run(c.text, func(t *testing.T) {
			d := c.direction
			if d.Sends() != c.sends || d.Receives() != c.receives || d.String() != c.text {
				t.Errorf("%d sends %v, receives %v, reads %q", int(d), d.Sends(), d.Receives(), d)
			}
		})
	}
}
