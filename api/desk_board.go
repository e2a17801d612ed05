package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/roster"
)

// Board is what supervisors look at. Counts of the day begin at midnight and with the program.
type Board struct {
	At     time.Time    `json:"at"`
	Queues []BoardQueue `json:"queues" nullable:"false"`
	Agents []BoardAgent `json:"agents" nullable:"false"`
	Talks  []BoardTalk  `json:"talks" nullable:"false"`
	Totals BoardTotals  `json:"totals"`
}

// BoardQueue is a queue on the board.
type BoardQueue struct {
	ID             string  `json:"id"`
	Name           string  `json:"name"`
	Open           bool    `json:"open"`
	Waiting        int     `json:"waiting"`
	LongestMS      int64   `json:"longest_ms"`
	ExpectedWaitMS int64   `json:"expected_wait_ms" doc:"Of who comes next; 0 is not known."`
	HandleMS       int64   `json:"handle_ms" doc:"Mean talk and wrap-up; 0 is not known."`
	Ready          int     `json:"ready" doc:"May be offered a call at once."`
	Busy           int     `json:"busy" doc:"Ringing, in a talk or writing down."`
	Away           int     `json:"away" doc:"On a break."`
	Offline        int     `json:"offline"`
	Callbacks      int     `json:"callbacks"`
	CallsToday     int     `json:"calls_today"`
	AnsweredToday  int     `json:"answered_today"`
	AbandonedToday int     `json:"abandoned_today"`
	Answered15s    float64 `json:"answered_15s" doc:"Share of the calls of today (GB/T 33358)."`
}

// BoardAgent is an agent on the board.
type BoardAgent struct {
	Agent    desk.Agent  `json:"agent"`
	Presence Presence    `json:"presence"`
	Talks    []BoardTalk `json:"talks" nullable:"false"`
}

// BoardTalk is a conversation on the board.
type BoardTalk struct {
	Wanted
	Conversation hotline.ConversationID `json:"conversation"`
	Channel      hotline.Channel        `json:"channel"`
	Caller       string                 `json:"caller"`
	Place        string                 `json:"place,omitempty" doc:"Where the number of the caller is from (归属地)."`
	With         string                 `json:"with" doc:"bot, or the ID of the queue it waits in or of the agent who has it."`
	Phase        string                 `json:"phase"`
	Since        time.Time              `json:"since" doc:"That it waits, or when it began."`
	Mood         string                 `json:"mood,omitempty"`
	Urgent       string                 `json:"urgent,omitempty"`
	Ringing      string                 `json:"ringing,omitempty" doc:"Agent who is asked."`
}

// BoardTotals are all queues together.
type BoardTotals struct {
	Waiting        int     `json:"waiting"`
	Talking        int     `json:"talking"`
	CallsToday     int     `json:"calls_today"`
	AnsweredToday  int     `json:"answered_today"`
	AbandonedToday int     `json:"abandoned_today"`
	Answered15s    float64 `json:"answered_15s"`
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// boardCache looks at the desk once a second, however many ask.
type boardCache struct {
	desk   *desk.Desk
	roster *roster.Book
	place  func(number string) string
	now    func() time.Time

	mu    sync.Mutex
	at    time.Time
	board Board
}

// boardLife is how old a board may be.
const boardLife = time.Second

func (c *boardCache) get(ctx context.Context) (Board, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if !c.at.IsZero() && now.Sub(c.at).Abs() < boardLife {
		return c.board, nil
	}
	seen, err := c.desk.Board(ctx)
	if err != nil {
		return Board{}, err
	}
	c.board, c.at = boardOf(seen, c.roster.Given(), c.place, now), now
	return c.board, nil
}

// forget lets the next look be a fresh one.
func (c *boardCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Time{}
}

func (c *boardCache) queueName(id string) string {
	for _, q := range c.roster.Given().Queues {
		if q.ID == id && q.Name != "" {
			return q.Name
		}
	}
	return id
}

func (c *boardCache) agentName(id string) string {
	for _, a := range c.roster.Given().Agents {
		if a.ID == id {
			return a.Name
		}
	}
	return ""
}

// ofAgent are the rows of queues that an agent serves. Who else does is for the whole board to tell.
func (c *boardCache) ofAgent(a desk.Agent, rows []desk.QueueRow, now time.Time) []BoardQueue {
	list := []BoardQueue{}
	for _, r := range rows {
		if slices.Contains(a.Queues, r.Queue) {
			list = append(list, boardQueue(r, now))
		}
	}
	return list
}

func boardQueue(r desk.QueueRow, now time.Time) BoardQueue {
	q := BoardQueue{
		ID: r.Queue, Name: r.Name, Open: r.Open, Waiting: r.Waiting, ExpectedWaitMS: r.ExpectMS, HandleMS: r.HandleMS, Ready: r.Ready,
		Callbacks: r.Callbacks, CallsToday: r.Asked, AnsweredToday: r.Answered, AbandonedToday: r.Abandoned, Answered15s: share(r.Quick, r.Asked),
	}
	if q.Name == "" {
		q.Name = q.ID
	}
	if !r.Longest.IsZero() {
		q.LongestMS = max(0, now.Sub(r.Longest).Milliseconds())
	}
	return q
}

func boardOf(seen desk.Board, by desk.Roster, place func(string) string, now time.Time) Board {
	b := Board{At: seen.At, Queues: []BoardQueue{}, Agents: []BoardAgent{}, Talks: []BoardTalk{}}
	agents := map[string]desk.Agent{}
	for _, a := range by.Agents {
		agents[a.ID] = a
	}
	talks := map[hotline.ConversationID]BoardTalk{}
	for _, r := range seen.Talks {
		t := boardTalk(r)
		t.Place = place(t.Caller)
		if len(r.Agents) > 0 {
			b.Totals.Talking++
		}
		talks[t.Conversation] = t
		b.Talks = append(b.Talks, t)
	}
	quick, staff := 0, map[string]*BoardQueue{}
	for _, r := range seen.Queues {
		q := boardQueue(r, now)
		b.Queues = append(b.Queues, q)
		quick += r.Quick
		b.Totals.Waiting += q.Waiting
		b.Totals.CallsToday += q.CallsToday
		b.Totals.AnsweredToday += q.AnsweredToday
		b.Totals.AbandonedToday += q.AbandonedToday
	}
	b.Totals.Answered15s = share(quick, b.Totals.CallsToday)
	for i := range b.Queues {
		staff[b.Queues[i].ID] = &b.Queues[i]
	}
	for _, r := range seen.Agents {
		a, known := agents[r.Agent]
		if !known {
			a = desk.Agent{ID: r.Agent, Name: r.Name, Device: desk.Browser, Queues: []string{}}
		}
		row := BoardAgent{Agent: a, Presence: presenceOf(r), Talks: []BoardTalk{}}
		for _, id := range r.Conversations {
			if t, found := talks[id]; found {
				row.Talks = append(row.Talks, t)
			}
		}
		b.Agents = append(b.Agents, row)
		for _, id := range a.Queues {
			if q := staff[id]; q != nil {
				q.count(r.State)
			}
		}
	}
	return b
}

func (q *BoardQueue) count(s desk.State) {
	switch s {
	case desk.Ringing, desk.Busy, desk.WrapUp:
		q.Busy++
	case desk.Break:
		q.Away++
	case desk.Offline:
		q.Offline++
	}
}

func boardTalk(r desk.TalkRow) BoardTalk {
	t := BoardTalk{
		Conversation: r.Talk.Conversation, Channel: r.Talk.Channel, Caller: r.Talk.Caller, With: "bot", Phase: r.Phase, Since: r.Talk.Started,
		Wanted: Wanted{r.Skills, r.Language}, Mood: r.Mood, Urgent: r.Urgent, Ringing: r.Ringing,
	}
	switch {
	case len(r.Agents) > 0:
		t.With, t.Phase = r.Agents[0], phaseOf(r.Phase)
	case r.Queue != "":
		t.With, t.Since = r.Queue, r.Since
	}
	if t.Phase == "" {
		t.Phase = "bot"
	}
	return t
}
