using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Goterra.Tests.Support;

/// <summary>Sends signals without the program <c>kill</c>, which not every machine has.</summary>
internal static class Signals
{
    /// <param name="process">Its id.</param>
    /// <param name="signal">HUP, INT, KILL, TERM, CONT or STOP, as Linux numbers them.</param>
    public static void Send(int process, string signal)
    {
        var number = signal switch
        {
            "HUP" => 1,
            "INT" => 2,
            "KILL" => 9,
            "TERM" => 15,
            "CONT" => 18,
            "STOP" => 19,
            _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "Unknown signal."),
        };
        if (Kill(process, number) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [SuppressMessage("Interoperability", "SYSLIB1054", Justification = "The tests compile no unsafe code.")]
    [SuppressMessage("Security", "CA5392", Justification = "libc is the process's own.")]
    private static extern int Kill(int process, int signal);
}
