namespace Goterra.Terraform.Runtime;

/// <summary>Ends an operation with an error that Terraform shows.</summary>
/// <param name="summary">What failed.</param>
/// <param name="detail">Why, and what to do.</param>
/// <param name="attribute">The attribute that it points at; null for the whole block.</param>
internal sealed class DiagnosticException(string summary, string detail, string? attribute = null) : Exception(detail)
{
    public string Summary { get; } = summary;

    public string? Attribute { get; } = attribute;
}
