using System.Globalization;

namespace Goterra.Cli.Processes;

/// <summary>What Linux tells about a process; proc(5).</summary>
internal sealed record ProcessStat(char State, int Parent, int Group, int Foreground)
{
    /// <summary>Null where there is no such process, no /proc, or one that shows only our own (hidepid).</summary>
    /// <param name="process">Its id, or `self`.</param>
    public static ProcessStat? Read(string process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            if (!stat.Contains(')', StringComparison.Ordinal))
                return null; // it ended while it was read
            // After the name, which is in parentheses and may contain some: state, parent, process group, session, terminal, and the group in its foreground.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessStat(fields[0][0], Number(fields[1]), Number(fields[2]), Number(fields[5]));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int Number(string field) => int.Parse(field, CultureInfo.InvariantCulture);
}
