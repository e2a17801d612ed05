package webrtc

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/tone"
)

// browser is a WebRTC client of another author that stands in for a browser: it speaks a tone and listens for ours.
type browser struct {
	t      testing.TB
	g      *gateway
	pc     *pion.PeerConnection
	socket *socket
	voice  *voice
	ear    *ear

	token, url, etag string
	codec            string
}

// launch opens a browser that offers one codec.
func launch(t testing.TB, g *gateway, codec string, change ...func(*pion.SettingEngine)) *browser {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback.AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, g: g, codec: codec, socket: &socket{UDPConn: conn}}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: b.socket})
	var settings pion.SettingEngine
	settings.SetICEUDPMux(mux)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(time.Minute, 0, time.Second)
	settings.SetDTLSRetransmissionInterval(50 * time.Millisecond)
	for _, c := range change {
		c(&settings)
	}
	kinds := new(pion.MediaEngine)
	c, _ := codecs.Default().Only(codec)
	mime := pion.RTPCodecParameters{PayloadType: pion.PayloadType(c[0].PayloadType)}
	mime.RTPCodecCapability = pion.RTPCodecCapability{MimeType: "audio/" + codec, ClockRate: uint32(c[0].RTPClock)}
	if c[0].Channels > 1 {
		mime.Channels = uint16(c[0].Channels)
	}
	event := pion.RTPCodecParameters{PayloadType: 110}
	event.RTPCodecCapability = pion.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: uint32(c[0].RTPClock)}
	for _, p := range []pion.RTPCodecParameters{mime, event} {
		if err := kinds.RegisterCodec(p, pion.RTPCodecTypeAudio); err != nil {
			t.Fatal(err)
		}
	}
	b.pc, err = pion.NewAPI(pion.WithMediaEngine(kinds), pion.WithSettingEngine(settings)).NewPeerConnection(pion.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	b.voice = newVoice(t, c[0])
	b.ear = newEar(t, media.Mono(c[0].PCMRate), ourTone)
	if _, err := b.pc.AddTrack(b.voice); err != nil {
		t.Fatal(err)
	}
	var listening sync.WaitGroup
	b.pc.OnTrack(func(track *pion.TrackRemote, _ *pion.RTPReceiver) {
		listening.Go(func() { b.listen(track, c[0]) })
	})
	t.Cleanup(func() {
		if err := b.pc.GracefulClose(); err != nil {
			t.Error(err)
		}
		b.voice.stop()
		listening.Wait()
		_ = mux.Close()
	})
	return b
}

// listen decodes our sound as it arrives.
func (b *browser) listen(track *pion.TrackRemote, c media.Codec) {
	_, decoder, err := codecs.New(c)
	if err != nil {
		b.t.Error(err)
		return
	}
	var pcm []int16
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if packet.PayloadType != c.PayloadType {
			continue
		}
		if pcm, err = decoder.Decode(pcm[:0], packet.Payload); err != nil {
			b.t.Error(err)
		}
		b.ear.hear(pcm)
	}
}

// offer makes an offer, without candidates unless they have been gathered.
func (b *browser) offer(options *pion.OfferOptions) string {
	b.t.Helper()
	offer, err := b.pc.CreateOffer(options)
	if err != nil {
		b.t.Fatal(err)
	}
	gathered := pion.GatheringCompletePromise(b.pc)
	if err := b.pc.SetLocalDescription(offer); err != nil {
		b.t.Fatal(err)
	}
	wait(b.t, "gather", gathered)
	return b.pc.LocalDescription().SDP
}

// post sends an offer and takes the answer.
func (b *browser) post(offer string) {
	b.t.Helper()
	b.token = b.g.token(b.t)
	res, answer := do(b.t, http.MethodPost, b.g.url+"/webrtc", b.token, typeSDP, offer)
	if res.StatusCode != http.StatusCreated {
		b.t.Fatalf("offer answered %d: %s\n%s", res.StatusCode, answer, offer)
	}
	b.url, b.etag = b.g.url+res.Header.Get("Location"), res.Header.Get("ETag")
	b.answered(answer)
}

func (b *browser) answered(answer string) {
	b.t.Helper()
	if err := b.pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: answer}); err != nil {
		b.t.Fatalf("%v\n%s", err, answer)
	}
}

// call connects with an offer that has its candidates in it.
func (b *browser) call() *browser {
	b.t.Helper()
	b.post(b.offer(nil))
	return b
}

func (b *browser) patch(fragment, match string) (reply, string) {
	b.t.Helper()
	return do(b.t, http.MethodPatch, b.url, b.token, typeFragment, fragment, "If-Match", match)
}

// restart restarts ICE.
func (b *browser) restart() {
	b.t.Helper()
	offer := b.offer(&pion.OfferOptions{ICERestart: true})
	fragment := grep(offer, "a=ice-ufrag", "a=ice-pwd", "m=", "a=mid", "a=candidate")
	res, theirs := b.patch(fragment, "*")
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("restart answered %d: %s", res.StatusCode, theirs)
	}
	old := b.etag
	if b.etag = res.Header.Get("ETag"); b.etag == old {
		b.t.Error("a restart has the ETag of the session before")
	}
	var answer strings.Builder
	for l := range strings.Lines(b.pc.CurrentRemoteDescription().SDP) {
		switch {
		case strings.HasPrefix(l, "a=candidate"), strings.HasPrefix(l, "a=end-of"):
		case strings.HasPrefix(l, "a=ice-ufrag"), strings.HasPrefix(l, "a=ice-pwd"):
			answer.WriteString(grep(theirs, l[:len("a=ice-u")]))
		default:
			answer.WriteString(l)
		}
	}
	answer.WriteString(grep(theirs, "a=candidate"))
	b.answered(answer.String())
}

// grep returns the lines that begin with one of the prefixes.
func grep(text string, prefixes ...string) string {
	var out strings.Builder
	for l := range strings.Lines(text) {
		for _, p := range prefixes {
			if strings.HasPrefix(l, p) {
				out.WriteString(l)
			}
		}
	}
	return out.String()
}

// socket is the browser's only one. It can be cut off.
type socket struct {
	*net.UDPConn
	cut      atomic.Bool
	received atomic.Int64 // also while cut
}

func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, a, err := s.UDPConn.ReadFrom(b)
		s.received.Add(1)
		if err != nil || !s.cut.Load() {
			return n, a, err
		}
	}
}

func (s *socket) WriteTo(b []byte, a net.Addr) (int, error) {
	if s.cut.Load() {
		return len(b), nil
	}
	return s.UDPConn.WriteTo(b, a)
}

func (s *socket) address() netip.AddrPort { return s.LocalAddr().(*net.UDPAddr).AddrPort() }

// voice is the browser's microphone: a tone, and keys when they are pressed.
type voice struct {
	t     testing.TB
	codec media.Codec
	keys  chan dtmf.Key
	// inject is sent as it is, under the keys of the browser.
	inject chan *rtp.Packet

	cancel  chan struct{}
	running sync.WaitGroup
}

func newVoice(t testing.TB, c media.Codec) *voice {
	return &voice{t: t, codec: c, keys: make(chan dtmf.Key, 16), inject: make(chan *rtp.Packet, 64), cancel: make(chan struct{})}
}

func (v *voice) Bind(ctx pion.TrackLocalContext) (pion.RTPCodecParameters, error) {
	out, ssrc := ctx.WriteStream(), uint32(ctx.SSRC())
	v.running.Go(func() { v.speak(out, ssrc) })
	return ctx.CodecParameters()[0], nil
}

func (v *voice) speak(out pion.TrackLocalWriter, ssrc uint32) {
	encoder, _, err := codecs.New(v.codec)
	if err != nil {
		v.t.Error(err)
		return
	}
	source, err := tone.NewGenerator(tone.Pattern{Hz: [2]float64{theirTone}, Level: -10}, v.codec.PCMRate)
	if err != nil {
		v.t.Error(err)
		return
	}
	sender, err := dtmf.NewSender(v.codec.RTPClock)
	if err != nil {
		v.t.Error(err)
		return
	}
	pcm := make([]int16, v.codec.PCMRate/50)
	beat := time.NewTicker(media.Tick)
	defer beat.Stop()
	for h := (rtp.Header{Version: 2, SSRC: ssrc}); ; h.SequenceNumber++ {
		select {
		case <-v.cancel:
			return
		case k := <-v.keys:
			if err := sender.Queue(0, k); err != nil {
				v.t.Error(err)
			}
			h.SequenceNumber--
			continue
		case p := <-v.inject:
			_, _ = out.WriteRTP(&p.Header, p.Payload)
			h.SequenceNumber--
			continue
		case <-beat.C:
		}
		h.Timestamp += uint32(v.codec.RTPClock / 50)
		source.ReadFrame(pcm)
		packet := h
		packet.PayloadType = v.codec.PayloadType
		payload, err := encoder.Encode(nil, pcm)
		if err != nil {
			v.t.Error(err)
		}
		if key, ok := sender.Next(h.Timestamp); ok {
			packet.PayloadType, packet.Timestamp, packet.Marker, payload = 110, key.Timestamp, key.Marker, key.Payload[:]
		}
		_, _ = out.WriteRTP(&packet, payload) // until it is connected nothing goes out
	}
}

func (v *voice) stop() {
	close(v.cancel)
	v.running.Wait()
}

func (v *voice) Unbind(pion.TrackLocalContext) error { return nil }
func (v *voice) ID() string                          { return "voice" }
func (v *voice) RID() string                         { return "" }
func (v *voice) StreamID() string                    { return "browser" }
func (v *voice) Kind() pion.RTPCodecType             { return pion.RTPCodecTypeAudio }

// weakProfile makes the browser offer an SRTP profile that we do not speak.
func weakProfile(s *pion.SettingEngine) {
	s.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_32)
}
