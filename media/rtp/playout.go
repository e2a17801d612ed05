package rtp

import (
	"time"

	"github.com/hotline-cc/hotline/media"
)

const (
	// slack is how far the delay may be from the target before it is corrected by a tick of sound.
	slack = 5 * time.Millisecond

	// A stream that runs behind is shortened in a pause of the speaker. When none comes it is
	// shortened in speech: after patience, or hurry when it runs far behind.
	patience  = time.Second
	hurry     = 100 * time.Millisecond
	farBehind = 100 * time.Millisecond

	// quiet is the mean square of sound that counts as a pause: -50 dB of full scale.
	quiet = 104 * 104

	// outage is how long a silent network is covered up. After that the peer has stopped sending.
	outage = 200 * time.Millisecond

	// longestPayload is how much sound one packet may hold: Opus's 120 ms and 1500 bytes of G.711.
	longestPayload = 200 * time.Millisecond
)

// recoverer is a decoder that can rebuild a lost packet from the one after it.
type recoverer interface {
	Recover(dst []int16, next []byte, n int) ([]int16, error)
}

// playout turns packets into an even stream of sound, one media.Tick at a time.
type playout struct {
	buffer  jitterBuffer
	codec   media.Codec
	decoder media.Decoder

	samples int     // of a tick
	decoded []int16 // waiting to be played
	frame   []int16
	joined  []int16 // two ticks of scratch for shortening and stretching

	behind time.Duration // how long the stream has run behind
	dry    time.Duration // how long there has been nothing to play
	masked bool          // the frame holds substitutes

	concealed, stretched, shortened time.Duration
	ranDry, tooLate, undecodable    uint64
}

// use sets the codec and forgets the stream.
func (p *playout) use(codec media.Codec, decoder media.Decoder) {
	p.codec, p.decoder = codec, decoder
	p.samples = media.Mono(codec.PCMRate).TickSamples()
	p.frame = make([]int16, p.samples)
	p.joined = make([]int16, 2*p.samples)
	p.decoded = make([]int16, 0, p.samples*int((longestPayload+2*media.Tick)/media.Tick))
	p.restart()
}

// restart forgets the stream but keeps what was learnt about the network.
func (p *playout) restart() {
	p.buffer.reset(p.codec.RTPClock)
	p.decoded = p.decoded[:0]
	p.behind, p.dry = 0, 0
}

// tick returns one tick of sound at the codec's PCM rate and whether some of it stands in for lost
// packets. The slice is valid until the next call.
func (p *playout) tick(now time.Duration) (pcm []int16, masked bool) {
	p.masked = false
	j := &p.buffer
	if !j.ready(now) {
		clear(p.frame)
		return p.frame, false
	}
	j.retarget()
	// What counts is how long the next packet will have waited when it is needed: before the tick that the sound
	// decoded already does not fill.
	delay := j.delay(now, time.Duration(len(p.decoded)/p.samples)*media.Tick)
	if delay > j.cfg.Max+backlog {
		j.skip(delay)
		delay = j.target
	}
	if delay+slack < j.target && p.stretch() {
		return p.frame, p.masked
	}
	if delay+slack < j.target {
		p.stretched += media.Tick
		p.decoded = p.decoder.Conceal(p.decoded, p.samples)
		p.masked = true
		p.cut(p.frame)
		return p.frame, p.masked
	}
	p.produce(p.frame)
	p.shorten(delay)
	return p.frame, p.masked
}

// stretch plays the next tick with a part of it twice, and reports whether there is one.
func (p *playout) stretch() bool {
	j := &p.buffer
	s := j.head()
	if len(p.decoded) < p.samples && (s == nil || s.time-j.play > int64(j.clock)/200) {
		return false
	}
	x := p.joined[:p.samples]
	p.produce(x)
	lag := double(p.frame, x, p.codec.PCMRate)
	p.giveBack(x[p.samples-lag:])
	p.stretched += media.Mono(p.codec.PCMRate).Duration(lag)
	return true
}

// shorten leaves a part of the tick out when the stream has run behind long enough.
func (p *playout) shorten(delay time.Duration) {
	j := &p.buffer
	if delay <= j.target+media.Tick+slack {
		p.behind = 0
		return
	}
	p.behind += media.Tick
	limit := patience
	if delay > j.target+farBehind {
		limit = hurry
	}
	if p.behind < limit && meanSquare(p.frame) > quiet {
		return
	}
	p.behind = 0
	n := copy(p.joined, p.frame)
	p.produce(p.joined[n:])
	lag := drop(p.joined, p.codec.PCMRate)
	copy(p.frame, p.joined)
	p.giveBack(p.joined[n+lag:])
	p.shortened += media.Mono(p.codec.PCMRate).Duration(lag)
}

// giveBack puts sound before what is decoded already.
func (p *playout) giveBack(pcm []int16) {
	n := len(p.decoded)
	p.decoded = append(p.decoded, pcm...) // for its length
	copy(p.decoded[len(pcm):], p.decoded[:n])
	copy(p.decoded, pcm)
}

func meanSquare(pcm []int16) int {
	sum := 0
	for _, v := range pcm {
		sum += int(v) * int(v)
	}
	return sum / max(len(pcm), 1)
}

// produce fills dst, one tick long, with the next sound.
func (p *playout) produce(dst []int16) {
	for len(p.decoded) < p.samples {
		s := p.buffer.head()
		if s == nil {
			p.wait()
			break
		}
		p.advance(s)
	}
	p.cut(dst)
}

// cut moves the first tick of the decoded sound to dst.
func (p *playout) cut(dst []int16) {
	n := copy(dst, p.decoded)
	p.decoded = p.decoded[:copy(p.decoded, p.decoded[n:])]
}

// wait fills the tick when no packet is there.
func (p *playout) wait() {
	missing := p.samples - len(p.decoded)
	if p.dry == 0 {
		p.ranDry++
	}
	if p.dry < outage {
		p.conceal(missing)
	} else {
		p.decoded = p.decoded[:p.samples]
		clear(p.decoded[p.samples-missing:])
	}
	p.dry += media.Tick
	p.buffer.play += p.unitsOf(missing)
}

// advance decodes the packet at the head, or conceals some of what is missing before it.
func (p *playout) advance(s *slot) {
	j := &p.buffer
	gap := s.time - j.play
	switch near := int64(j.clock) / 200; {
	case gap > near:
		p.bridge(s, gap)
		return
	case gap > -near:
		j.play = s.time // a sender that counts a little wrong
	case -gap >= j.length:
		p.tooLate++
		j.take(s)
		return
	}
	p.decode(s, p.samplesOf(j.play-s.time))
}

// bridge covers up to a tick of the gap before a packet.
func (p *playout) bridge(s *slot, gap int64) {
	j := &p.buffer
	if r, ok := p.decoder.(recoverer); ok && gap == j.length {
		n := p.samplesOf(gap)
		if pcm, err := r.Recover(p.decoded, s.payload, n); err == nil {
			p.decoded = pcm
			p.masked = true
			p.dry = 0
			p.concealed += media.Mono(p.codec.PCMRate).Duration(n)
			j.play += gap
			return
		}
	}
	n := min(p.samplesOf(gap), p.samples-len(p.decoded))
	if p.dry >= outage {
		p.decoded = p.decoded[:len(p.decoded)+n]
		clear(p.decoded[len(p.decoded)-n:])
	} else {
		p.conceal(n)
	}
	j.play += p.unitsOf(n)
}

// decode plays a packet from its sample skip on.
func (p *playout) decode(s *slot, skip int) {
	j := &p.buffer
	j.take(s)
	start := len(p.decoded)
	pcm, err := p.decoder.Decode(p.decoded, s.payload)
	n := len(pcm) - start
	if err != nil || n == 0 {
		p.undecodable++
		return
	}
	p.dry = 0
	j.length = p.unitsOf(n)
	j.play = s.time + j.length
	skip = max(0, min(skip, n))
	p.decoded = append(pcm[:start], pcm[start+skip:]...)
}

func (p *playout) conceal(n int) {
	p.decoded = p.decoder.Conceal(p.decoded, n)
	p.concealed += media.Mono(p.codec.PCMRate).Duration(n)
	p.masked = true
}

func (p *playout) unitsOf(samples int) int64 {
	return int64(samples) * int64(p.codec.RTPClock) / int64(p.codec.PCMRate)
}

func (p *playout) samplesOf(units int64) int {
	return int(units * int64(p.codec.PCMRate) / int64(p.codec.RTPClock))
}
