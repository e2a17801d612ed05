package rtp

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/resample"
)

var errNoKeys = errors.New("the peer takes no telephone-event")

// sender is the outgoing half of a session. Its timestamps follow the ticks whether or not
// anything is sent, so that the peer hears pauses as long as they were.
type sender struct {
	conn   Conn
	clock  media.Clock
	format media.Format // of the session
	onRTP  func(sent bool, at time.Time, h *rtp.Header, payload []byte)

	mu    sync.Mutex
	terms Terms
	srtp  *srtp.Context
	keys  *dtmf.Sender

	told      uint32 // number of the first stream, 0 to choose one
	header    rtp.Header
	base      uint32 // timestamp of tick 0
	seq       uint16
	resumed   bool      // the next packet begins a talk spurt
	begun     time.Time // of tick 0, zero before
	edge      uint32    // timestamp of the end of the sound that was sent
	tickUnits int64
	wanted    int // samples in a packet
	resample  *resample.Resampler

	feed  *Forwarding // whose packets are sent instead of our sound
	joint joint

	pcm     []int16 // waiting for a packet
	payload []byte
	packet  []byte
	sealed  []byte

	stream Count // as the peer's reports count it
	total  Count
	unsent uint64
}

// agree takes new terms, which are valid. What is forwarded and does not fit them ends, and is
// returned.
func (o *sender) agree(t Terms) (unfit *Forwarding, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !t.SendKey.equal(o.terms.SendKey) {
		context, err := t.SendKey.context()
		if err != nil {
			return nil, err
		}
		o.srtp = context
	}
	if o.keys == nil || t.KeyClock != o.terms.KeyClock {
		keys, err := dtmf.NewSender(t.KeyClock)
		if err != nil {
			return nil, err
		}
		o.keys = keys
	}
	if t.Codec.PCMRate != o.terms.Codec.PCMRate {
		converter, err := resample.New(o.format.Rate, t.Codec.PCMRate)
		if err != nil {
			return nil, err
		}
		o.resample = converter
	}
	// One stream has one clock (RFC 7160), and a key must not protect the same index twice.
	if t.Codec.RTPClock != o.terms.Codec.RTPClock || !t.SendKey.equal(o.terms.SendKey) {
		o.begin()
	}
	if t.Codec != o.terms.Codec || t.PacketTime != o.terms.PacketTime {
		o.tickUnits = int64(t.Codec.RTPClock) / int64(time.Second/media.Tick)
		o.wanted = int(int64(t.Codec.PCMRate) * int64(t.PacketTime) / int64(time.Second))
		o.pcm = make([]int16, 0, o.wanted+media.Mono(t.Codec.PCMRate).TickSamples())
		o.resumed = true
	}
	if o.feed != nil && !o.feed.carries(t.Codec) {
		o.part(o.clock.Now())
		unfit, o.feed = o.feed, nil
	}
	o.terms = t
	return unfit, nil
}

// begin chooses a stream: its number, first sequence number and timestamp. The sequence begins in
// the lower half so that SRTP cannot mistake an early reordering for a wrap (RFC 3711 section 3.3.1).
func (o *sender) begin() {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	o.header = rtp.Header{Version: 2, SSRC: binary.BigEndian.Uint32(b[:])}
	if o.told != 0 {
		o.header.SSRC, o.told = o.told, 0
	}
	o.base = binary.BigEndian.Uint32(b[4:])
	o.seq = binary.BigEndian.Uint16(b[8:]) >> 1
	o.edge = o.next(o.clock.Now())
	o.resumed = true
	o.joint = joint{}
	o.stream = Count{}
}

// tick sends one tick of our sound in the session's format. ticks counts the ticks before this one;
// jumped tells that some were left out. While another session's packets are sent only keys are ours.
func (o *sender) tick(ticks int64, jumped bool, pcm []int16, to netip.AddrPort) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.keys.Waiting() > 0 {
		o.part(o.begun.Add(time.Duration(ticks-1) * media.Tick))
	}
	if jumped {
		o.pause()
	}
	if key, ok := o.keys.Next(o.base + uint32(ticks*int64(o.terms.KeyClock)/int64(time.Second/media.Tick))); ok {
		o.pause()
		if o.sends(to) && o.terms.KeySendType != 0 {
			o.payload = append(o.payload[:0], key.Payload[:]...) // a slice of key would put it on the heap each tick
			o.send(o.terms.KeySendType, key.Timestamp, key.Marker, o.payload, to)
		}
		return
	}
	if o.feed != nil || !o.sends(to) {
		o.pause()
		return
	}
	start := ticks*o.tickUnits - int64(len(o.pcm))*int64(o.terms.Codec.RTPClock)/int64(o.terms.Codec.PCMRate)
	o.pcm = o.resample.Process(o.pcm, pcm)
	sent := 0
	for ; len(o.pcm)-sent >= o.wanted; sent += o.wanted {
		o.encode(o.pcm[sent:][:o.wanted], o.base+uint32(start), to)
		start += int64(o.wanted) * int64(o.terms.Codec.RTPClock) / int64(o.terms.Codec.PCMRate)
	}
	o.pcm = o.pcm[:copy(o.pcm, o.pcm[sent:])]
}

func (o *sender) sends(to netip.AddrPort) bool {
	return o.terms.Direction.Sends() && to.IsValid() && to.Port() != 0 && !to.Addr().IsUnspecified()
}

// pause leaves out sound; what follows begins a talk spurt.
func (o *sender) pause() {
	o.pcm = o.pcm[:0]
	o.resumed = true
}

func (o *sender) encode(pcm []int16, timestamp uint32, to netip.AddrPort) {
	payload, err := o.terms.Encoder.Encode(o.payload[:0], pcm)
	if err != nil {
		o.unsent++
		return
	}
	o.payload = payload
	o.send(o.terms.SendType, timestamp, o.resumed, payload, to)
	o.edge = timestamp + uint32(int64(o.wanted)*int64(o.terms.Codec.RTPClock)/int64(o.terms.Codec.PCMRate))
	o.resumed = false
}

// send writes the next packet of our stream.
func (o *sender) send(payloadType uint8, timestamp uint32, marker bool, payload []byte, to netip.AddrPort) {
	o.write(o.seq, payloadType, timestamp, marker, payload, to)
	o.seq++
}

func (o *sender) write(seq uint16, payloadType uint8, timestamp uint32, marker bool, payload []byte, to netip.AddrPort) {
	h := &o.header
	h.PayloadType, h.Timestamp, h.Marker, h.SequenceNumber = payloadType, timestamp, marker, seq
	if o.onRTP != nil {
		o.onRTP(true, o.clock.Now(), h, payload)
	}
	size := fixedHeader + len(payload)
	if cap(o.packet) < size {
		o.packet = make([]byte, size, max(size, maxPacket))
	}
	o.packet = o.packet[:size]
	if _, err := h.MarshalTo(o.packet); err != nil {
		o.unsent++
		return
	}
	copy(o.packet[fixedHeader:], payload)
	out := o.packet
	if o.srtp != nil {
		sealed, err := o.srtp.EncryptRTP(o.sealed[:0], o.packet, h)
		if err != nil {
			o.unsent++
			return
		}
		o.sealed, out = sealed, sealed
	}
	if _, err := o.conn.WriteToUDPAddrPort(out, to); err != nil {
		o.unsent++ // a full socket or an unreachable peer, as the network is
		return
	}
	o.stream.add(len(payload))
	o.total.add(len(payload))
}

// begunAt tells when tick 0 was.
func (o *sender) begunAt(t time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.begun = t
}

func (o *sender) ssrc() uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.header.SSRC
}

// restart begins another stream, because the SSRC of this one is taken.
func (o *sender) restart() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.begin()
}

// queue adds keys to be sent, all or none.
func (o *sender) queue(pressed time.Duration, keys []dtmf.Key) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.terms.KeySendType == 0 {
		return errNoKeys
	}
	return o.keys.Queue(pressed, keys...)
}

// stats fills in what this half knows.
func (o *sender) stats(s *Stats) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.Sent, s.Unsent = o.total, o.unsent
}

// sending fills in what a report tells about our stream at a time that is ticks after its
// beginning, and reports whether anything was sent.
func (o *sender) sending(s *sending, ticks int64) (ssrc uint32, sent bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now, timestamp := o.clock.Now(), o.base+uint32(ticks*o.tickUnits)
	if j := &o.joint; j.made {
		timestamp = j.last + uint32(now.Sub(j.lastAt)*time.Duration(o.terms.Codec.RTPClock)/time.Second)
	}
	*s = sending{
		ntp:       ntp(now),
		timestamp: timestamp,
		packets:   uint32(o.stream.Packets),
		octets:    uint32(o.stream.Bytes),
	}
	return o.header.SSRC, o.stream.Packets > 0
}

// report sends an RTCP packet on a socket.
func (o *sender) report(conn Conn, packet []byte, to netip.AddrPort) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.srtp != nil {
		sealed, err := o.srtp.EncryptRTCP(o.sealed[:0], packet, nil)
		if err != nil {
			o.unsent++
			return
		}
		o.sealed, packet = sealed, sealed
	}
	if _, err := conn.WriteToUDPAddrPort(packet, to); err != nil {
		o.unsent++
	}
}
