namespace Goterra.Cli.Runtime;

/// <summary>The program, for messages of the wire client.</summary>
internal static partial class ClientProgram
{
    public const string Name = "terraform-provider-goterra";

    /// <summary>How the user sets the URL of the server.</summary>
    public const string UrlSetting = "the provider's `url` (GOT_URL)";
}
