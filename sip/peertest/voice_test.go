package peertest

import (
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/hotline-cc/hotline/internal/testkit/peer"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/g711"
	"github.com/hotline-cc/hotline/media/tone"
)

// voice is the sound beside a SIPp call that has none of its own: A-law and keys in RTP. Scenarios
// put its [sound_port] into their description. It answers to where it hears sound from, with the
// peer's tone.
type voice struct {
	conn  *net.UDPConn
	port  string
	keys  chan dtmf.Key // to press
	heard chan struct{} // closed after 300 ms of our tone
}

func newVoice(t *testing.T) *voice { return newVoiceAt(t, loopback) }

func newVoiceAt(t *testing.T, here netip.Addr) *voice {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(here, 0)))
	if err != nil {
		t.Fatal(err)
	}
	v := &voice{
		conn: conn, port: strconv.Itoa(conn.LocalAddr().(*net.UDPAddr).Port),
		keys: make(chan dtmf.Key, 16), heard: make(chan struct{}),
	}
	remote := make(chan netip.AddrPort, 1)
	stop, ended := make(chan struct{}), make(chan error, 2)
	go func() { ended <- v.listen(remote) }()
	go func() { ended <- v.speak(remote, stop) }()
	t.Cleanup(func() {
		close(stop)
		conn.Close()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	return v
}

// args are what SIPp has to be told.
func (v *voice) args() []string { return []string{"-key", "sound_port", v.port} }

// listen waits for our tone until the socket is closed.
func (v *voice) listen(remote chan<- netip.AddrPort) error {
	detector, err := tone.NewDetector(ourTone, g711.Rate)
	if err != nil {
		return err
	}
	decoder, err := g711.NewDecoder(g711.ALaw)
	if err != nil {
		return err
	}
	buf := make([]byte, 1500)
	var packet rtp.Packet
	var pcm []int16
	for left := 15; ; {
		n, from, err := v.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return nil // closed
		}
		if packet.Unmarshal(buf[:n]) != nil || packet.PayloadType != 8 {
			continue
		}
		select {
		case remote <- from:
		default:
		}
		if pcm, err = decoder.Decode(pcm[:0], packet.Payload); err != nil {
			return err
		}
		if peer.Holds(detector, pcm) {
			if left--; left == 0 {
				close(v.heard)
			}
		}
	}
}

// speak sends the peer's tone, or keys while some are pressed.
func (v *voice) speak(remote <-chan netip.AddrPort, stop <-chan struct{}) error {
	sender, err := dtmf.NewSender(g711.Rate)
	if err != nil {
		return err
	}
	singer, err := tone.NewGenerator(tone.Pattern{Hz: [2]float64{peerTone, 0}, Level: -20}, g711.Rate)
	if err != nil {
		return err
	}
	var to netip.AddrPort
	pcm := make([]int16, media.Mono(g711.Rate).TickSamples())
	packet := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 0x51bb}}
	ticker := time.NewTicker(media.Tick)
	defer ticker.Stop()
	for now := uint32(0); ; now += uint32(len(pcm)) {
		select {
		case <-stop:
			return nil
		case <-ticker.C:
		}
		select {
		case to = <-remote:
		case k := <-v.keys:
			if err := sender.Queue(0, k); err != nil {
				return err
			}
		default:
		}
		if !to.IsValid() {
			continue
		}
		packet.SequenceNumber++
		packet.PayloadType, packet.Timestamp, packet.Marker = 8, now, false
		singer.ReadFrame(pcm)
		if packet.Payload, err = g711.NewEncoder(g711.ALaw).Encode(packet.Payload[:0:0], pcm); err != nil {
			return err
		}
		if p, pressed := sender.Next(now); pressed {
			packet.PayloadType, packet.Timestamp, packet.Marker, packet.Payload = 101, p.Timestamp, p.Marker, p.Payload[:]
		}
		out, err := packet.Marshal()
		if err != nil {
			return err
		}
		if _, err := v.conn.WriteToUDPAddrPort(out, to); err != nil {
			return nil // closed
		}
	}
}
