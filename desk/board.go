package desk

import (
	"slices"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
)

// Board is what supervisors look at. docs/desk.md tells how each number is counted.
type Board struct {
	At     time.Time   `json:"at"`
	Agents []PersonRow `json:"agents,omitempty"`
	Queues []QueueRow  `json:"queues,omitempty"`
	Talks  []TalkRow   `json:"talks,omitempty"`
}

// PersonRow is an agent on the board.
type PersonRow struct {
	Agent         string                   `json:"agent"`
	Name          string                   `json:"name"`
	State         State                    `json:"state"`
	Chosen        State                    `json:"chosen"` // what comes after what they do
	Reason        string                   `json:"reason,omitempty"`
	Marked        bool                     `json:"marked,omitempty"` // sent on a break for not answering
	Since         time.Time                `json:"since"`
	Until         time.Time                `json:"until,omitzero"`    // of the wrap-up
	Writing       hotline.ConversationID   `json:"writing,omitempty"` // down, of the wrap-up
	Console       bool                     `json:"console"`
	Line          bool                     `json:"line"` // headset or phone
	Conversations []hotline.ConversationID `json:"conversations,omitempty"`
	Callback      string                   `json:"callback,omitempty"`
	Listening     hotline.ConversationID   `json:"listening,omitempty"`
}

// QueueRow is a queue on the board. Counts of the day begin at midnight of the calendar's zone and
// with the start of the program.
type QueueRow struct {
	Queue     string    `json:"queue"`
	Name      string    `json:"name"`
	Open      bool      `json:"open"`
	Waiting   int       `json:"waiting"`
	Longest   time.Time `json:"longest,omitzero"` // since when the longest waits
	LoggedIn  int       `json:"logged_in"`
	Ready     int       `json:"ready"` // may be offered a call at once
	Callbacks int       `json:"callbacks"`
	HandleMS  int64     `json:"handle_ms"`    // mean talk and wrap-up; 0 is not known
	ExpectMS  int64     `json:"expected_ms"`  // wait of who comes next; 0 is not known
	Asked     int       `json:"asked"`        // requests that are over or answered
	Answered  int       `json:"answered"`     // of those
	Quick     int       `json:"answered_15s"` // of those
	Abandoned int       `json:"abandoned"`    // of Asked
}

// TalkRow is a conversation on the board.
type TalkRow struct {
	Talk     Talk      `json:"talk"`
	Phase    string    `json:"phase,omitempty"`
	Parties  []Party   `json:"parties,omitempty"`
	Agents   []string  `json:"agents,omitempty"`
	Queue    string    `json:"queue,omitempty"` // waits in it
	Since    time.Time `json:"since,omitzero"`  // waits since
	Priority int       `json:"priority,omitempty"`
	// Skills and Language are what it waits for, beside what the queue wants.
	Skills   map[string]int `json:"skills,omitempty"`
	Language string         `json:"language,omitempty"`
	Ringing  string         `json:"ringing,omitempty"` // agent who is asked
	Urgent   string         `json:"urgent,omitempty"`  // of the last brief, and so is Mood
	Mood     string         `json:"mood,omitempty"`
}

// boardEvery bounds how often boards are told of changes.
const boardEvery = 500 * time.Millisecond

// marks are the rows of the board that changed since consoles were told.
type marks struct {
	people map[*person]bool
	queues map[*queue]bool
	talks  map[*talk]bool
	timer  timer
}

func newMarks() marks {
	return marks{people: map[*person]bool{}, queues: map[*queue]bool{}, talks: map[*talk]bool{}}
}

func (r *room) mark(p *person) {
	r.marks.people[p] = true
	for _, q := range p.queues {
		r.marks.queues[q] = true
	}
	r.publishLater()
}

func (r *room) markQueue(q *queue) {
	r.marks.queues[q] = true
	r.publishLater()
}

func (r *room) markTalk(t *talk) {
	r.marks.talks[t] = true
	r.publishLater()
}

func (r *room) publishLater() {
	if r.marks.timer.index == 0 {
		r.timers.set(&r.marks.timer, r.now.Add(boardEvery), r.publish)
	}
}

// publish tells consoles which rows changed. Each row is made once, whoever looks.
func (r *room) publish() {
	m := r.marks
	defer func() {
		clear(m.people)
		clear(m.queues)
		clear(m.talks)
	}()
	if r.consoles == 0 {
		return
	}
	queues := map[*queue]QueueRow{}
	for q := range m.queues {
		if !q.gone {
			queues[q] = r.queueRow(q)
		}
	}
	all := BoardChanged{Board: Board{At: r.now}}
	if slices.ContainsFunc(r.roster, func(p *person) bool { return p.Supervisor && p.stream != nil }) {
		for p := range m.people {
			all.Board.Agents = append(all.Board.Agents, r.personRow(p))
		}
		for _, row := range queues {
			all.Board.Queues = append(all.Board.Queues, row)
		}
		for t := range m.talks {
			if r.talks[t.Conversation] == t {
				all.Board.Talks = append(all.Board.Talks, r.talkRow(t))
			} else {
				all.Gone = append(all.Gone, t.Conversation)
			}
		}
		all.sort()
	}
	for _, p := range r.roster {
		switch {
		case p.stream == nil:
		case p.Supervisor:
			p.stream.push(all)
		default:
			var rows []QueueRow
			for _, q := range p.queues {
				if row, changed := queues[q]; changed {
					rows = append(rows, row)
				}
			}
			if rows != nil {
				p.stream.push(BoardChanged{Board: Board{At: r.now, Queues: rows}})
			}
		}
	}
}

func (b *BoardChanged) sort() {
	b.Board.sort()
	slices.Sort(b.Gone)
}

func (b *Board) sort() {
	slices.SortFunc(b.Agents, func(x, y PersonRow) int { return strings.Compare(x.Agent, y.Agent) })
	slices.SortFunc(b.Queues, func(x, y QueueRow) int { return strings.Compare(x.Queue, y.Queue) })
	slices.SortFunc(b.Talks, func(x, y TalkRow) int {
		return strings.Compare(string(x.Talk.Conversation), string(y.Talk.Conversation))
	})
}

// board is a snapshot of everything.
func (r *room) board() Board {
	b := Board{At: r.now, Queues: r.queueRows(r.order)}
	for _, p := range r.roster {
		b.Agents = append(b.Agents, r.personRow(p))
	}
	for _, t := range r.talks {
		b.Talks = append(b.Talks, r.talkRow(t))
	}
	b.sort()
	return b
}

func (r *room) personRow(p *person) PersonRow {
	row := PersonRow{
		Agent: p.ID, Name: p.Name, State: p.state(), Chosen: p.chosen, Reason: p.reason, Marked: p.marked, Since: p.since,
		Console: p.stream != nil, Line: p.line(),
	}
	for _, h := range p.holds {
		row.Conversations = append(row.Conversations, h.talk.Conversation)
	}
	if p.wrapped != nil {
		row.Until, row.Writing = p.wrap.at, p.wrapped.talk.Conversation
	}
	if p.task != nil {
		row.Callback = p.task.ID
	}
	if p.watched != nil {
		row.Listening = p.watched.Conversation
	}
	return row
}

func (r *room) queueRows(queues []*queue) []QueueRow {
	rows := make([]QueueRow, 0, len(queues))
	for _, q := range queues {
		rows = append(rows, r.queueRow(q))
	}
	return rows
}

func (r *room) queueRow(q *queue) QueueRow {
	q.today.turn(r.day())
	row := QueueRow{
		Queue: q.ID, Name: q.Name, Open: q.Hours.open(r.now, r.almanac), Callbacks: q.tasks,
		ExpectMS: q.expect(len(q.line) + 1).Milliseconds(),
		Asked:    q.today.asked, Answered: q.today.answered, Quick: q.today.quick, Abandoned: q.today.abandoned,
	}
	if q.pace.samples >= paceSamples {
		row.HandleMS = q.pace.mean.Milliseconds()
	}
	for _, s := range q.line {
		if s.request.callback != nil {
			continue
		}
		row.Waiting++
		if row.Longest.IsZero() || s.request.entered.Before(row.Longest) {
			row.Longest = s.request.entered
		}
	}
	for _, p := range q.members {
		if p.present() {
			row.LoggedIn++
		}
		if p.free(calling) {
			row.Ready++
		}
	}
	return row
}

func (r *room) talkRow(t *talk) TalkRow {
	row := TalkRow{Talk: t.Talk, Phase: t.phase, Parties: t.parties, Urgent: t.last.Brief.Urgent, Mood: t.last.Brief.Mood}
	for _, h := range t.holds {
		row.Agents = append(row.Agents, h.person.ID)
	}
	if q := t.request; q != nil {
		row.Queue, row.Since, row.Priority = q.home.ID, q.entered, q.Priority
		row.Skills, row.Language = q.Skills, q.Language
		if q.offer != nil {
			row.Ringing = q.offer.person.ID
		}
	}
	return row
}
