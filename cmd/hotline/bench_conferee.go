package main

import (
	"slices"
	"sync"
	"time"

	pionrtp "github.com/pion/rtp"

	"github.com/hotline-cc/hotline/cmd/hotline/measure/tones"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/sip"
)

// conferee is one party of a measured conference: what it says, and the packets it got, before any jitter buffer.
type conferee struct {
	name  string
	codec media.Codec
	voice tones.Voice
	mouth *tones.Mouth

	mu       sync.Mutex
	decoder  media.Decoder // nil when the sound comes decoded
	pcm      []int16
	arrived  []time.Time // when each tick of pcm came
	last     *pionrtp.Header
	lost     int       // ticks for which no packet came
	late     int       // that came more than half a tick later than they should
	previous time.Time // arrival
}

func newConferee(name string, codec media.Codec, v tones.Voice) (*conferee, error) {
	_, decoder, err := codecs.New(codec)
	return &conferee{name: name, codec: codec, voice: v, mouth: tones.NewMouth(v, codec.PCMRate), decoder: decoder}, err
}

// packet is for sip.Config.OnPacket.
func (c *conferee) packet(_ string, sent bool, at time.Time, h *pionrtp.Header, payload []byte) {
	if sent || h.PayloadType != c.codec.PayloadType {
		return
	}
	if pcm, err := c.decoder.Decode(nil, payload); err == nil {
		c.hear(at, h, pcm)
	}
}

// hear takes a tick of sound. Those that are missing before it are silence.
func (c *conferee) hear(at time.Time, h *pionrtp.Header, pcm []int16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != nil {
		missing := int(int32(h.Timestamp-c.last.Timestamp))/(c.codec.RTPClock/50) - 1
		if missing < 0 || missing > 500 {
			return
		}
		for range missing {
			c.lost++
			c.pcm = append(c.pcm, make([]int16, len(pcm))...)
			c.arrived = append(c.arrived, at)
		}
		if missing == 0 && at.Sub(c.previous) > media.Tick*3/2 {
			c.late++
		}
	}
	header := *h
	c.last, c.previous = &header, at
	c.pcm, c.arrived = append(c.pcm, pcm...), append(c.arrived, at)
}

// forget begins to listen anew.
func (c *conferee) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pcm, c.arrived, c.lost, c.late = nil, nil, 0, 0
}

// sound is what came since then.
func (c *conferee) sound() (s tones.Sound, lost, late int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pcm, arrived := slices.Clone(c.pcm), slices.Clone(c.arrived)
	tick := media.Mono(c.codec.PCMRate).TickSamples()
	at := func(sample int) time.Time {
		n := min(sample/tick, len(arrived)-1)
		return arrived[n].Add(media.Mono(c.codec.PCMRate).Duration(sample - n*tick))
	}
	s = tones.Sound{Rate: c.codec.PCMRate, PCM: pcm, At: at, Limit: plainNoise}
	if c.codec.Name == codecs.NameOpus {
		s.Limit = opusNoise
	}
	return s, c.lost, c.late
}

// telephone gives a conferee on a SIP phone its call.
func (c *conferee) telephone(leg *sip.Leg) error {
	return leg.Join(nil, source{leg.Format(), c.mouth.Fill})
}
