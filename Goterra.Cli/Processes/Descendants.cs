using System.Globalization;

namespace Goterra.Cli.Processes;

/// <summary>All processes that this one has started, and those that these have: where a shell has ended, what it ran goes on.</summary>
internal static class Descendants
{
    /// <summary>Ends them at once. Whoever has lost an orphan's parent must have called <see cref="Libc.AdoptOrphans"/> before.</summary>
    public static void Kill()
    {
        var killed = new HashSet<int>();
        // Again, until there are no others: they may have started some since.
        while (Find().Where(killed.Add).ToList() is { Count: > 0 } found)
        {
            foreach (var process in found)
                _ = Libc.Kill(process, SignalRelay.Kill);
        }
    }

    /// <summary>Takes note of the orphans that have come to us and ended: until somebody does, each takes a place in the table of processes.</summary>
    /// <param name="command">What we have started ourselves, which is waited for elsewhere.</param>
    public static void ReapOrphans(int command)
    {
        foreach (var process in All().Where(process => process != command && Stat(process) is { State: 'Z' } stat && stat.Parent == Environment.ProcessId))
            Libc.Reap(process);
    }

    private static List<int> Find()
    {
        var children = All().ToLookup(process => Stat(process)?.Parent ?? 0);
        var found = new List<int>();
        var parents = new Queue<int>([Environment.ProcessId]);
        while (parents.TryDequeue(out var parent))
        {
            foreach (var child in children[parent])
            {
                found.Add(child);
                parents.Enqueue(child);
            }
        }

        return found;
    }

    /// <summary>None where there is no /proc, or none to be read.</summary>
    private static List<int> All()
    {
        try
        {
            return [.. Directory.EnumerateDirectories("/proc")
                .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
                .Where(id => id > 0)];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static ProcessStat? Stat(int process) => ProcessStat.Read(process.ToString(CultureInfo.InvariantCulture));
}
