namespace Goterra.Tests.EndToEnd.Ui;

public sealed partial class LivePageTests
{
    /// <summary>What the page knows is a pure function, which is asked directly here.</summary>
    [FactWith("chromium")]
    public async Task Reduce_EventsAndListings_KeepsWhatIsNewest()
    {
        await using var server = await RunningServer.StartAsync();
        await using var page = await LivePage.OpenAsync(browser, server.Address);

        var result = await page.Page.EvaluateAsync<string>(
            """
            async () => {
              const { initial, isBefore, reduce } = await import('./js/state.js');
              const time = '2030-01-01T00:00:00Z';
              const put = (id, key, revision) => ({ type: 'put', id: String(id), key, revision, time });
              const events = (state, ...list) => reduce(state, { type: 'events', events: list });
              const first = initial('d');
              const snapshot = events(first,
                put(1, 'a', 1), put(2, 'b', 2),
                { type: 'snapshot', state: 'active', revision: 2, time, more: true,
                  waiting: [{ key: 'x', since: time, client: 'c' }],
                  keys: [{ key: 'a', size: 1, revision: 1, updated: time }] },
                { type: 'snapshot', more: false, keys: [{ key: 'b', size: 2, revision: 2, updated: time }] });
              const again = events(snapshot, put(1, 'a', 1), put(2, 'b', 2));
              const newer = events(again, put(3, 'c', 3), { type: 'deleted', id: '4', key: 'a', revision: 4, time });
              const listed = reduce(newer, { type: 'listing', waitChanges: newer.waitChanges, listing: {
                keys: [
                  { key: 'a', size: 1, revision: 1, updated: time },
                  { key: 'b', size: 2, revision: 2, updated: time },
                ],
                revision: 2, state: 'active', failures: [], waiting: [], ended: [], security: [] } });
              const woken = events(newer, { type: 'woken', key: 'x', since: time, client: 'c', time, result: 'met' });
              const past = { key: 'y', since: time, ended: time, result: 'timed_out', client: 'c' };
              const ended = reduce(woken, { type: 'listing', waitChanges: woken.waitChanges, listing: {
                keys: [], revision: 9, state: 'active', failures: [], waiting: [], security: [],
                ended: [past, { key: 'x', since: time, ended: time, result: 'met', client: 'c' }] } });
              const late = events(
                ended, { type: 'woken', key: 'y', since: time, client: 'c', time, result: 'timed_out' });
              const shown = one => one.events.filter(event => event.type === 'woken').length;
              const many = events(newer, ...Array.from({ length: 6000 }, (_, i) => put(10 + i, 'k', 10 + i)));
              const failed = events(newer,
                { type: 'failed', id: '5', source: 's', reason: 'r', time },
                { type: 'failed', id: '6', source: 't', reason: 'r', time });
              const resumed = events(failed, { type: 'resumed', id: '7', source: 's', time });
              return JSON.stringify({
                pure: first.keys.size + first.events.length,
                keys: [...snapshot.keys.keys()], waits: snapshot.waits.size, events: again.events.length,
                newer: [...newer.keys.keys()], listed: [...listed.keys.keys()],
                kept: listed.keys.get('b') === newer.keys.get('b'),
                gone: listed.waits.size, woken: [woken.waits.size, woken.ended[0].result],
                ended: [ended, late].map(one => [one.ended.length, shown(one)]), many: many.events.length,
                failed: [failed.state, failed.failures.length], resumed: [resumed.state, resumed.failures[0].source],
                times: [['00Z', '00.005Z'], ['00.05Z', '00.057Z'], ['00.05Z', '00.05Z'], ['00.057Z', '00.05Z']]
                  .map(([one, other]) => isBefore(`2030-01-01T00:00:${one}`, `2030-01-01T00:00:${other}`)),
              });
            }
            """);

        Assert.Equal(
            """
            {"pure":0,"keys":["a","b"],"waits":1,"events":2,"newer":["b","c"],"listed":["b","c"],"kept":true,"gone":0,
            "woken":[0,"met"],"ended":[[2,2],[2,2]],"many":5000,"failed":["failed",2],"resumed":["failed","t"],
            "times":[true,true,false,false]}
            """.Replace("\n", "", StringComparison.Ordinal),
            result);
    }
}
