package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/g711"
)

// headset is the sound of a browser as the gateway sees one: it connects by WHIP, and its microphone is a tone.
type headset struct {
	codec media.Codec
	tick  time.Duration     // between its packets: media.Tick by a clock of its own
	says  func(pcm []int16) // the next tick
	hears func(at time.Time, p *pionrtp.Packet, pcm []int16)
	peer  *pion.PeerConnection
}

// grant is where a headset may connect, once.
type grant struct{ URL, Token string }

// newHeadset returns one of G.711, so that nothing but the gateway takes time.
func newHeadset(hears func(pcm []int16)) headset {
	pcma, _ := codecs.Default().Find(codecs.NamePCMA, g711.Rate)
	return headset{
		codec: pcma, tick: media.Tick, says: hum(agentTone, g711.Rate),
		hears: func(_ time.Time, _ *pionrtp.Packet, pcm []int16) { hears(pcm) },
	}
}

func (h *headset) close() error {
	if h.peer == nil {
		return nil
	}
	return h.peer.Close()
}

// connect returns when there is a way. The headset goes on until ctx ends.
func (h *headset) connect(ctx context.Context, r *rig, g grant) error {
	engine, codec := &pion.MediaEngine{}, h.codec
	capability := pion.RTPCodecCapability{MimeType: "audio/" + codec.Name, ClockRate: uint32(codec.RTPClock)}
	if codec.Channels > 1 {
		capability.Channels = uint16(codec.Channels)
	}
	if err := engine.RegisterCodec(pion.RTPCodecParameters{RTPCodecCapability: capability, PayloadType: pion.PayloadType(codec.PayloadType)}, pion.RTPCodecTypeAudio); err != nil {
		return err
	}
	encoder, decoder, err := codecs.New(codec)
	if err != nil {
		return err
	}
	if h.peer, err = pion.NewAPI(pion.WithMediaEngine(engine)).NewPeerConnection(pion.Configuration{}); err != nil {
		return err
	}
	microphone, err := pion.NewTrackLocalStaticRTP(capability, "audio", "agent")
	if err == nil {
		_, err = h.peer.AddTrack(microphone)
	}
	if err != nil {
		return err
	}
	h.peer.OnTrack(func(t *pion.TrackRemote, _ *pion.RTPReceiver) {
		var pcm []int16
		for {
			packet, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			now := time.Now()
			if pcm, err = decoder.Decode(pcm[:0], packet.Payload); err == nil {
				h.hears(now, packet, pcm)
			}
		}
	})
	connected := make(chan struct{}, 1)
	h.peer.OnConnectionStateChange(func(s pion.PeerConnectionState) {
		if s == pion.PeerConnectionStateConnected {
			connected <- struct{}{}
		}
	})
	offer, err := h.peer.CreateOffer(nil)
	if err != nil {
		return err
	}
	gathered := pion.GatheringCompletePromise(h.peer)
	if err := h.peer.SetLocalDescription(offer); err != nil {
		return err
	}
	<-gathered
	if err := h.exchange(ctx, "http://"+r.HTTP+g.URL, g.Token); err != nil {
		return err
	}
	select {
	case <-connected:
	case <-time.After(10 * time.Second):
		return fmt.Errorf("the headset does not connect")
	}
	go h.speak(ctx, microphone, encoder)
	return nil
}

// exchange posts the offer and takes the answer (WHIP).
func (h *headset) exchange(ctx context.Context, url, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(h.peer.LocalDescription().SDP)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/sdp")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("headset: %s %s", response.Status, answer)
	}
	return h.peer.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: string(answer)})
}

// speak sends what the agent says, tick after tick.
func (h *headset) speak(ctx context.Context, microphone *pion.TrackLocalStaticRTP, encoder media.Encoder) {
	pcm := make([]int16, media.Mono(h.codec.PCMRate).TickSamples())
	began := time.Now()
	for n := 0; ; n++ {
		h.says(pcm)
		payload, err := encoder.Encode(nil, pcm)
		if err == nil {
			err = microphone.WriteRTP(&pionrtp.Packet{
				Header:  pionrtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: uint32(n * h.codec.RTPClock / 50)},
				Payload: payload,
			})
		}
		if err != nil {
			return
		}
		select {
		case <-time.After(time.Until(began.Add(time.Duration(n+1) * h.tick))):
		case <-ctx.Done():
			return
		}
	}
}
