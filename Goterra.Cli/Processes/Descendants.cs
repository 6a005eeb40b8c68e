using System.Globalization;

namespace Goterra.Cli.Processes;

/// <summary>All processes that descend from this one, including those whose parent has exited.</summary>
internal static class Descendants
{
    /// <summary>Kills them all. Only finds orphans if <see cref="Libc.AdoptOrphans"/> was called before.</summary>
    public static void Kill()
    {
        var killed = new HashSet<int>();
        // Repeat until there are no new ones: they may have started others in the meantime.
        while (Find().Where(killed.Add).ToList() is { Count: > 0 } found)
        {
            foreach (var process in found)
                _ = Libc.Kill(process, SignalRelay.Kill);
        }
    }

    /// <summary>Reaps adopted orphans that have exited, which would otherwise remain as zombies.</summary>
    /// <param name="command">The direct child, which is reaped elsewhere.</param>
    public static void ReapOrphans(int command)
    {
        foreach (var process in All().Where(process => process != command))
        {
            if (Stat(process) is { State: 'Z' } stat && stat.Parent == Environment.ProcessId)
                Libc.Reap(process);
        }
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

    /// <summary>The ids of all processes; empty without a readable /proc.</summary>
    private static List<int> All()
    {
        try
        {
            return [.. Directory.EnumerateDirectories("/proc")
                .Select(folder => TryParseId(Path.GetFileName(folder)))
                .Where(id => id > 0)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static int TryParseId(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;

    private static ProcessStat? Stat(int process) => ProcessStat.Read(process.ToString(CultureInfo.InvariantCulture));
}

/// <summary>What Linux reports about a process; see proc(5).</summary>
internal sealed record ProcessStat(char State, int Parent, int Group, int Foreground)
{
    /// <summary>Returns null if the process does not exist, or /proc does not show it (hidepid).</summary>
    /// <param name="process">A process id, or `self`.</param>
    public static ProcessStat? Read(string process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            if (!stat.Contains(')', StringComparison.Ordinal))
                return null; // it exited while it was read
            // The name, in parentheses, may contain parentheses. After it: state, parent, process group, session,
            // terminal, foreground process group of the terminal.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessStat(fields[0][0], Number(fields[1]), Number(fields[2]), Number(fields[5]));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int Number(string field) => int.Parse(field, CultureInfo.InvariantCulture);
}
