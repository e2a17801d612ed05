package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/roster"
	"github.com/hotline-cc/hotline/phone/place"
	"github.com/hotline-cc/hotline/store/db"
	"github.com/hotline-cc/hotline/webrtc"
	"github.com/hotline-cc/hotline/webrtc/join"
)

// people is the part of the gateway that persons work in: the desk, and browsers that call.
type people struct {
	desk       *desk.Desk       // nil without one
	roster     *roster.Book     // of the desk
	feed       *api.Feed        // of events, to consoles
	places     *place.Table     // of numbers
	browsers   *webrtc.Endpoint // nil without one
	tokens     *join.Desk
	headsets   headsets
	extensions extensions

	work     sync.WaitGroup                    // of chats at the desk
	phones   atomic.Pointer[map[string]string] // extension by agent
	mu       sync.Mutex
	chats    map[hotline.ConversationID]*seatOfDesk // that asked for people
	left     bool                                   // they are let go of
	calls    map[hotline.ConversationID]*conversation
	expected map[hotline.ConversationID]visit // calls that browsers were invited to
}

// visit is what is known of a browser before it calls.
type visit struct {
	from  string
	known map[string]string
}

// openPeople prepares the desk and the browsers' front end.
func (g *Gateway) openPeople() (err error) {
	p := &g.people
	p.feed, p.calls = api.NewFeed(), map[hotline.ConversationID]*conversation{}
	p.chats, p.expected = map[hotline.ConversationID]*seatOfDesk{}, map[hotline.ConversationID]visit{}
	if g.cfg.Desk.Enabled {
		if p.places, err = place.Open(g.cfg.Desk.Numbers); err != nil {
			return fmt.Errorf("desk.numbers: %w", err)
		}
		p.roster, err = roster.New(roster.Config{Store: g.store, Users: g.store, Queues: g.content.queues, Now: g.clock.Now})
		if err != nil {
			return err
		}
		p.desk, err = desk.New(desk.Config{
			Directory: g.rosterOf, Ledger: ledger{db.Ledger{DB: g.store}, g.indexer.Touch}, Logger: g.log, Now: g.clock.Now,
			Grace: g.cfg.Desk.Grace, ChatGrace: g.cfg.Desk.ChatGrace, Callable: g.callable,
		})
		if err != nil {
			return err
		}
	}
	p.headsets = headsets{desk: p.desk, by: map[string]*headset{}}
	if len(g.cfg.WebRTC.Listen) == 0 || !g.cfg.HTTP.Listen.IsValid() {
		return nil
	}
	key, err := api.KeyFile(filepath.Join(g.cfg.Data, "join.key"))
	if err != nil {
		return err
	}
	if p.tokens, err = join.New(join.Config{Key: key, Clock: g.clock}); err != nil {
		return err
	}
	cfg, err := browserConfig(g.cfg)
	if err != nil {
		return err
	}
	cfg.Pacer, cfg.Clock, cfg.Logger = g.pacer, g.clock, g.log
	cfg.Peek, cfg.Admit, cfg.Answer = p.tokens.Peek, g.admit, g.answerBrowser
	p.browsers, err = webrtc.New(cfg)
	return err
}

// runDesk has the desk work until ctx ends.
func (g *Gateway) runDesk(ctx context.Context) error {
	if g.people.desk == nil {
		return nil
	}
	defer g.people.work.Wait()
	defer g.leaveChats()
	return g.people.desk.Run(ctx)
}

// leaveChats lets go of the conversations in text; their places are kept.
func (g *Gateway) leaveChats() {
	g.people.mu.Lock()
	defer g.people.mu.Unlock()
	g.people.left = true
	for id, seat := range g.people.chats {
		seat.leave()
		delete(g.people.chats, id)
	}
}

func (g *Gateway) runBrowsers(ctx context.Context) error {
	if g.people.browsers == nil {
		return nil
	}
	return g.people.browsers.Run(ctx)
}

// recoverChats has the desk look again for the people of conversations in text that were with it when
// the process ended.
func (g *Gateway) recoverChats(ctx context.Context) error {
	if g.text == nil || g.people.desk == nil {
		return nil
	}
	err := g.text.chat.Recover(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		g.log.Error("conversations in text not given to the desk again", "error", err)
	}
	return nil
}

// phonesOf are the SIP phones of agents, by agent.
func phonesOf(r desk.Roster) *map[string]string {
	phones := map[string]string{}
	for _, a := range r.Agents {
		if a.Device == desk.Phone {
			phones[a.ID] = a.Extension
		}
	}
	return &phones
}

// phonesEvery is how often is looked which phones of agents are registered.
const phonesEvery = time.Second

// watchPhones tells the desk which agents can be rung on their phones.
func (g *Gateway) watchPhones(ctx context.Context) error {
	up := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.clock.After(phonesEvery):
		}
		phones := g.people.phones.Load()
		if g.people.desk == nil || phones == nil {
			continue
		}
		for agent, extension := range *phones {
			was, told := up[agent]
			if is := g.phone.Registered(extension) > 0; !told || is != was {
				if err := g.people.desk.Line(ctx, agent, desk.Phone, is); err == nil {
					up[agent] = is
				}
			}
		}
		maps.DeleteFunc(up, func(agent string, _ bool) bool { _, has := (*phones)[agent]; return !has }) // the desk may have forgotten them
	}
}

// browserHandler answers browsers that call from the pages that may.
func (g *Gateway) browserHandler() http.Handler {
	return g.text.api.CrossOrigin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = netip.AddrPortFrom(api.ClientOf(r, g.cfg.HTTP.TrustedProxies), 0).String()
		g.people.browsers.ServeHTTP(w, r)
	}))
}
